"""A service on the loopback address: it keeps what it is sent, byte by byte, and answers what the test says."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OK = b'{"errcode":0,"errmsg":"ok"}'


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Stub:
    """`answer`: status, headers and body of each answer. `behave` is called first and may hang or write by itself: it
    returns whether the answer is still to be sent. `clock`: when a request arrives."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answer: tuple[int, dict[str, str], bytes] = (200, {}, OK)
    behave: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: True
    clock: Callable[[], float] = lambda: 0.0
    freed: threading.Event = field(default_factory=threading.Event)

    def hang(self, handler: BaseHTTPRequestHandler) -> bool:
        """Say nothing until the test is over."""
        self.freed.wait(30)
        return False

    def trickle(self, handler: BaseHTTPRequestHandler) -> bool:
        """A header that never ends, a byte at a time: no single read times out."""
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.freed.wait(0.01):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        return False


@contextlib.contextmanager
def serving() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stub.requests.append(Request(self.path, dict(self.headers), body, stub.clock()))
            if not stub.behave(self):
                self.close_connection = True
                return
            status, headers, answer = stub.answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.freed.set()
        server.shutdown()
        server.server_close()
        thread.join()

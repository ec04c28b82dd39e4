"""The web server of one round: a fresh process each time, warmed before it is measured."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass

from bench.candidates import Candidate
from bench.ground import Ground
from bench.load import Load, upload
from bench.tree import Tree, cpu_s
from ljwx.up.address import free_port

START_S = 60.0
# One record that every server stores; its time of receipt is now.
PROBE = json.dumps({"data": {"deviceSn": "BENCHSTART", "heart_rate": 70, "upload_method": "wifi"}})


@dataclass(slots=True)
class Server:
    """A running candidate. `accepted` counts every upload it has promised to keep."""

    candidate: Candidate
    tree: Tree
    port: int
    ground: Ground
    accepted: int = 0

    @property
    def url(self) -> str:
        """Where readings are posted."""
        return f"http://127.0.0.1:{self.port}{self.candidate.path}"

    def answers(self) -> bool:
        """Whether an upload is accepted now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(self.candidate.method, self.candidate.path, PROBE, {"Content-Type": "application/json"})
            with connection.getresponse() as answer:
                good = answer.status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        self.accepted += good
        return good

    def load(self, *, connections: int, seconds: int, think_ms: int = 0) -> tuple[Load, dict[str, float]]:
        """Upload for `seconds`: what wrk saw, and processor microseconds per accepted upload by who used them."""
        pids = {
            "server_us": self.tree.process.pid,
            "redis_us": self.ground.redis_pid,
            "db_us": self.ground.database_pid,
        }
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        load = upload(
            self.url, connections=connections, seconds=seconds, think_ms=think_ms, method=self.candidate.method
        )
        self.tree.check()
        self.accepted += load.accepted
        return load, {name: (cpu_s(pid) - before[name]) * 1e6 / max(1, load.accepted) for name, pid in pids.items()}


@contextlib.contextmanager
def running(candidate: Candidate, ground: Ground) -> Iterator[Server]:
    """`candidate`, ready to accept. Raises tree.Failed when it is not within a minute."""
    port = free_port()
    argv = [word.replace("{port}", str(port)) for word in candidate.argv]
    tree = Tree(candidate.name, argv, log=ground.folder / f"web-{port}.log")
    server = Server(candidate, tree, port, ground)
    try:
        ground.until(server.answers, tree.check, within=START_S)
        yield server
    finally:
        tree.end()

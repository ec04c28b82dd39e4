"""daphne hands a request on when all of its body is here, on the disk if it is long: it must be bounded before that."""

from typing import Any

from daphne import http_protocol
from django.conf import settings
from twisted.internet import reactor as _reactor
from twisted.web.http import RESPONSES

from ljwx.bodies import CROWDED, TOO_LARGE, Arriving, NotTaken, announces_more, body_of, headers_of

reactor: Any = _reactor
# After a refusal what still comes is thrown away for so long, for a connection that is closed on a sender takes the
# answer with it.
LINGER_S = 2.0


class Request(http_protocol.WebRequest):  # type: ignore[misc]
    """daphne's request, which is refused while it arrives when its body must not be read on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving = Arriving()
        self._refused = False
        self._timer: Any = None

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length != 0:
            self._timer = reactor.callLater(settings.BODY_MAX_S, self._refuse, CROWDED)
        if length is not None and announces_more(str(length)):
            self._refuse(TOO_LARGE)

    def handleContentChunk(self, data: bytes) -> None:
        if self._refused:
            return
        try:
            self._arriving.add(len(data))
        except NotTaken as error:
            self._refuse(error.status)
        else:
            super().handleContentChunk(data)

    def requestReceived(self, *request: bytes) -> None:
        self._end()
        if self._refused:
            self.channel.loseConnection()
            return
        # Nobody here speaks one, and daphne fails on one that is not ASCII.
        self.requestHeaders.removeHeader(b"sec-websocket-protocol")
        super().requestReceived(*request)

    def connectionLost(self, reason: Any) -> None:
        self._end()
        super().connectionLost(reason)

    def _refuse(self, status: int) -> None:
        self._end()
        self._refused = True
        self.content.close()
        # Or the sender would still be told to go on.
        self.requestHeaders.removeHeader(b"expect")
        lines = [b"HTTP/1.1 %d %s" % (status, RESPONSES[status])]
        lines += [b"%s: %s" % header for header in [*headers_of(status), (b"connection", b"close")]]
        self.channel.write(b"\r\n".join([*lines, b"", body_of(status)]))
        self._timer = reactor.callLater(LINGER_S, self.channel.loseConnection)

    def _end(self) -> None:
        self._arriving.done()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()


def bound() -> None:
    """Every daphne of this process, however it was started. It names no other place for a request's class."""
    http_protocol.WebRequest = Request

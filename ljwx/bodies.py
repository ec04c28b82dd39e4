"""What this process holds of bodies that are still arriving: none is read far beyond what an upload may have, and many
slow ones do not fill the memory.

Django itself reads any body to its end, into memory and then onto the disk, before a view can refuse it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar, Self

import msgspec
from django.conf import settings

# Of one body what is always taken, however many others arrive: some dozens of records.
SMALL_BYTES = 16 << 10
RETRY_AFTER_S = 5
SWEEP_S = 1.0

BROKEN, TOO_LARGE, CROWDED = 400, 413, 503
REASONS = {
    BROKEN: "the body is cut off or malformed",
    TOO_LARGE: "the body is too large",
    CROWDED: "the body can not be taken now, send it again",
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class NotTaken(Exception):
    """Raised when a body must not be read on; `status` is what its sender is answered."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


class Arriving:
    """One body on its way; `done` must follow, whatever becomes of it. For one thread, that of the event loop."""

    __slots__ = ("size",)
    held: ClassVar[int] = 0

    def __init__(self) -> None:
        self.size = 0

    def add(self, size: int) -> None:
        """So many bytes more of it are here. Raises NotTaken."""
        self.size += size
        Arriving.held += size
        if self.size > settings.UPLOAD_MAX_BYTES:
            raise NotTaken(TOO_LARGE)
        if self.size > SMALL_BYTES and Arriving.held > settings.BODIES_MAX_BYTES:
            raise NotTaken(CROWDED)

    def done(self) -> None:
        """It is here, or not wanted any more."""
        Arriving.held -= self.size
        self.size = 0


class Awaited(Arriving):
    """One that a task waits for, inside `with`: too long, and NotTaken ends it, within a second.

    All that wait are looked at once a second: a timer for each would cost ten times as much, and nearly none waits.
    """

    __slots__ = ("_late", "_since", "_task")
    _waiting: ClassVar[set["Awaited"]] = set()
    _loop: ClassVar[asyncio.AbstractEventLoop | None] = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if Awaited._loop is not loop:
            Awaited._loop = loop
            loop.call_later(SWEEP_S, Awaited._sweep, loop)
        self._task, self._since, self._late = asyncio.current_task(), loop.time(), False
        Awaited._waiting.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        Awaited._waiting.discard(self)
        self.done()
        if self._late and kind is asyncio.CancelledError and self._task is not None and not self._task.uncancel():
            raise NotTaken(CROWDED) from None

    @staticmethod
    def _sweep(loop: asyncio.AbstractEventLoop) -> None:
        before = loop.time() - settings.BODY_MAX_S
        for each in Awaited._waiting:
            if each._since < before and each._task is not None and not each._late:
                each._late = True
                each._task.cancel()
        loop.call_later(SWEEP_S, Awaited._sweep, loop)


async def refuse(send: Send, status: int) -> None:
    """Answer with the status of a NotTaken."""
    await send({"type": "http.response.start", "status": status, "headers": headers_of(status)})
    await send({"type": "http.response.body", "body": body_of(status)})


async def read(receive: Receive) -> bytes:
    """The body, no further than one byte beyond what an upload may have. Raises NotTaken when it breaks off, or comes
    too slowly or beside too many others."""
    parts: list[bytes] = []
    try:
        with Awaited() as arriving:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise NotTaken(BROKEN)
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    break
                arriving.add(len(parts[-1]))
    except NotTaken as error:
        if error.status != TOO_LARGE:
            raise
    return b"".join(parts)[: settings.UPLOAD_MAX_BYTES + 1]


class Bounded:
    """An ASGI application that is called once the body is here. One that is too long, too slow or ends too early is
    answered before: a server may answer a malformed one 500 that nobody else answers."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            if announces_more(_length(scope)):
                raise NotTaken(TOO_LARGE)
            body = await read(receive)
            if len(body) > settings.UPLOAD_MAX_BYTES:
                raise NotTaken(TOO_LARGE)
        except NotTaken as refused:
            await refuse(send, refused.status)
            return
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def rest() -> Message:
            return unread.pop() if unread else await receive()

        await self._application(scope, rest, send)


def announces_more(length: str) -> bool:
    """Whether a Content-Length says more than an upload may have; what is no number says nothing."""
    return length.isascii() and length.isdecimal() and (len(length) > 18 or int(length) > settings.UPLOAD_MAX_BYTES)


def headers_of(status: int) -> list[tuple[bytes, bytes]]:
    """The headers of a refusal."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body_of(status)))]
    return [*headers, (b"retry-after", b"%d" % RETRY_AFTER_S)] if status == CROWDED else headers


def body_of(status: int) -> bytes:
    """The body of a refusal."""
    return msgspec.json.encode({"status": "error", "message": REASONS[status]})


def _length(scope: Any) -> str:
    return str(next((value for name, value in scope["headers"] if name == b"content-length"), b"").decode("latin-1"))

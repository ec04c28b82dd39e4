"""Websockets that show the live document: each process looks once a second and sends it to its own.

No channel layer: a document that is lost costs nothing, for the next one is whole. A browser that does not take one in
time misses the next ones, and is dropped when it takes none for `STALLED_S`: so one document waits for it at most. A
server that buffers without end (daphne) has to drop it by its own pings (`ljwx.up.web`).
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error, close_old_connections

from monitoring import live
from monitoring.live import Document

log = logging.getLogger(__name__)

EVERY_S = 1.0
# All are sent within so much of it, one after the other: an upload waits for one of them at most, not for all.
SPREAD = 0.5
# How long a permission that was withdrawn is still used.
ASKED_EVERY_S = 30.0
MOST_SOCKETS = 500
# A document that a browser has not taken for so long, it never will.
STALLED_S = 20.0
# granian ends a connection whose application has returned once nothing is being sent; what was cancelled before that
# would keep it open for ever.
LET_GO_S = 0.3
REFUSED, LOST, FULL = 4403, 4401, 4429

# One thread, so one connection to the database, whatever the number of sockets.
_looking = ThreadPoolExecutor(1, "live")


class LiveSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends the document on connect and then once a second, until the browser leaves or may not look any more. Whatever
    it sends is not read."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # In a task of its own, which can be left: granian's can not be cancelled.
        self._abandoned = asyncio.Event()
        tasks = [
            asyncio.create_task(super().__call__(scope, receive, send)),
            asyncio.create_task(self._abandoned.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        if not self._abandoned.is_set():
            await tasks[0]

    async def connect(self) -> None:
        """Accept who is admitted; anybody else sees the handshake refused."""
        self.way = ""
        if len(_sockets) >= MOST_SOCKETS:
            await self.close(code=FULL)
        elif not await _ask(self.admits, self.scope):
            await self.close(code=REFUSED)
        else:
            self.way = self.manner(self.scope)
            await self.accept()
            text = await _ask(_drawn, type(self), self.way)
            _join(self)
            _begin(self, text)

    async def disconnect(self, code: int) -> None:
        _sockets.pop(self, None)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """What a browser says is not asked for."""

    def admits(self, scope: Mapping[str, Any]) -> bool:
        """Whether who has opened it may look. Called in a thread, again and again. Raises django.db.Error."""
        raise NotImplementedError

    def manner(self, scope: Mapping[str, Any]) -> str:
        """In which manner it is drawn, such as a language: those of one manner are sent the same text."""
        raise NotImplementedError

    @staticmethod
    def draw(document: Document, manner: str) -> str:
        """The text that is sent. Called in a thread."""
        raise NotImplementedError

    def abandon(self) -> None:
        """Let its application return: to close it in form would wait behind what it does not take."""
        self._abandoned.set()


class _Sending(NamedTuple):
    """A document on its way to a browser, since when by `time.monotonic`."""

    task: "asyncio.Task[None]"
    since: float


_sockets: dict[LiveSocket, _Sending | None] = {}
_task: "asyncio.Task[None] | None" = None


async def _ask(function: Any, *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_looking, _closing, function, *args)


def _closing(function: Any, *args: Any) -> Any:
    close_old_connections()
    return function(*args)


def _drawn(kind: type[LiveSocket], manner: str) -> str:
    return kind.draw(live.current.get(), manner)


def _join(socket: LiveSocket) -> None:
    global _task
    _sockets[socket] = None
    if _task is None or _task.done():
        _task = asyncio.create_task(_run())


async def _run() -> None:
    """Look and send, once a second, as long as there is a socket."""
    asked_at = time.monotonic()
    while _sockets:
        await asyncio.sleep(EVERY_S * (1 - SPREAD))
        try:
            if time.monotonic() - asked_at >= ASKED_EVERY_S:
                asked_at = time.monotonic()
                await _dismiss()
            await _send()
        except Error as error:
            log.warning("the dashboard is not sent: %s", type(error).__name__)
        except Exception:  # the top of a task on which every open page rests
            log.exception("the dashboard is not sent")


async def _send() -> None:
    texts: dict[tuple[type[LiveSocket], str], str] = {}
    pause_s = EVERY_S * SPREAD / max(1, len(_sockets))
    for socket, sending in list(_sockets.items()):
        await asyncio.sleep(pause_s)
        if sending is not None and not sending.task.done():
            if time.monotonic() - sending.since >= STALLED_S:
                _drop(socket, sending)
            continue  # it is slow: it misses this one
        key = (type(socket), socket.way)
        if key not in texts:
            texts[key] = await _ask(_drawn, *key)
        _begin(socket, texts[key])


def _begin(socket: LiveSocket, text: str) -> None:
    if socket in _sockets:
        _sockets[socket] = _Sending(asyncio.create_task(_pass(socket, text)), time.monotonic())


def _drop(socket: LiveSocket, sending: _Sending) -> None:
    log.info("a browser that takes nothing is dropped")
    _sockets.pop(socket, None)
    socket.abandon()
    asyncio.get_running_loop().call_later(LET_GO_S, sending.task.cancel)


async def _pass(socket: LiveSocket, text: str) -> None:
    try:
        await socket.send(text_data=text)
    except (OSError, RuntimeError) as error:
        log.debug("a browser has gone: %s", type(error).__name__)


async def _dismiss() -> None:
    for socket, sending in list(_sockets.items()):
        if await _ask(socket.admits, socket.scope):
            continue
        if sending is not None and not sending.task.done():
            _drop(socket, sending)  # its end would wait behind what it does not take
        else:
            await socket.close(code=LOST)
            _sockets.pop(socket, None)

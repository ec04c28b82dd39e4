"""The fast lane: paths of devices run inline on the event loop, and the answer waits for its commit alone.

Django under ASGI hops threads several times for each request. An upload needs none: its view only computes, and what
must become durable is awaited here. Django's guard against database use on the loop stays on and proves it.
"""

import logging
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, resolve

from ingest.accept import CanNotAccept
from ingest.parsers import Announced
from ingest.response import UploadResponse
from ingest.writerpool import WriterPool
from ljwx.bodies import Message, NotTaken, Receive, Send, announces_more, read, refuse
from ljwx.redis import async_pool
from streaming.groupcommit import GroupCommit
from streaming.mirror import LoopMirror

log = logging.getLogger(__name__)

Scope = Message


class LaneRequest(ASGIRequest):
    """Django's request, which takes the headers apart only when somebody asks for another than `announced` has."""

    defers_commit = True

    def __init__(self, scope: Scope, body: bytes, announced: Announced) -> None:
        self.scope = scope
        self.announced = announced
        self.method = scope["method"].upper()
        self.path = self.path_info = scope["path"]
        self.resolver_match = None
        self._stream = BytesIO(body)
        self._read_started = False
        self._post_parse_error = False

    @cached_property
    def _whole(self) -> ASGIRequest:
        return ASGIRequest(self.scope, self._stream)

    META = property(lambda self: self._whole.META)
    script_name = property(lambda self: self._whole.script_name)
    content_type = property(lambda self: self._whole.content_type)
    content_params = property(lambda self: self._whole.content_params)


class LaneHandler(BaseHandler):
    """Django's request handler with what a device needs of it: no middleware, for it has no session, no language and
    no cross-site forms; no transaction, for its views use no database."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._middleware_chain = convert_exception_to_response(self._respond)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = self._middleware_chain(request)
        return cast(HttpResponseBase, response)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        match = request.resolver_match = _resolve(request.path_info)
        response: Any = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        return cast(HttpResponseBase, response)


@lru_cache(maxsize=64)
def _resolve(path: str) -> ResolverMatch:
    # There are two dozen device paths; what resolves to none raises and is not kept.
    return resolve(path)


class Lane:
    """An ASGI application for the paths of devices. One per process; a group commit and a pool of writers each."""

    def __init__(self) -> None:
        self._handler = LaneHandler()
        self._handler.load_middleware()
        self._group = GroupCommit(async_pool)
        self._mirror = LoopMirror(self._group)
        self._writers = WriterPool(settings.LEGACY_WRITERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = _announced(scope)
        try:
            # The view refuses what is too long, whether it was announced or is here.
            body = b"" if announces_more(announced.length) else await read(receive)
        except NotTaken as error:
            await refuse(send, error.status)
            return
        request = LaneRequest(scope, body, announced)
        response = self._handler.get_response(request)
        if not isinstance(response, UploadResponse) or response.is_rendered:
            await _send(response, send)
            return
        await self._commit(response)
        try:
            await _send(response, send)
        finally:
            response.commit.mirror(self._mirror)

    async def aclose(self) -> None:
        """Finish what is queued; for a server that is stopping and takes no more requests."""
        await self._mirror.aclose()
        await self._group.aclose()
        await self._writers.aclose()

    async def _commit(self, response: UploadResponse) -> None:
        try:
            await response.commit.run_async(self._group, self._writers)
        except CanNotAccept as error:
            response.settle(error)
        except Exception:  # the top of a request: what went wrong may be stored or not, and the device tries again
            log.exception("an upload can not be committed")
            response.settle(CanNotAccept())
        else:
            response.settle(None)


def _announced(scope: Scope) -> Announced:
    content_type = length = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = value
    return Announced(content_type.decode("latin-1"), length.decode("latin-1"))


async def _send(response: HttpResponseBase, send: Send) -> None:
    # Not closed: `request_finished` closes database connections, of which the loop has none.
    content = response.content  # type: ignore[attr-defined]
    headers = [_header(*pair) for pair in response.items()]
    headers.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@lru_cache(maxsize=64)
def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")

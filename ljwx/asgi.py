"""HTTP and websockets on one port: devices on the fast lane, people on Django's own handler.

A web process keeps routes and Redis safety fresh beside its requests.
"""

import asyncio
import atexit
import logging
import os
import sys
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")

django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - Django is set up first
from channels.routing import URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from ingest.lane import Lane  # noqa: E402
from ljwx import background, database, garbage, openfiles  # noqa: E402
from ljwx.bodies import Bounded  # noqa: E402
from ljwx.middleware import DEVICE_PATHS  # noqa: E402
from monitoring import flushing, processes  # noqa: E402
from rollout.dashboard.page import SOCKET  # noqa: E402
from rollout.dashboard.socket import DashboardSocket  # noqa: E402

if (held := openfiles.allow(openfiles.FLEET)) < openfiles.FLEET:
    logging.getLogger(__name__).warning("this process can hold %d connections: raise its limit of open files", held)
if "daphne.server" in sys.modules:
    from ljwx import daphnebodies

    daphnebodies.bound()
database.bound_waits()
devices, people = Lane(), Bounded(django)
sockets = AuthMiddlewareStack(URLRouter([path(SOCKET, DashboardSocket.as_asgi())]))
processes.begin(processes.Role.WEB)
background.start()
# daphne has no lifespan, and granian's processes may leave without this: whoever comes second has nothing to write.
atexit.register(flushing.finish)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    if scope["type"] == "http" and DEVICE_PATHS.match(scope["path"]):
        await devices(scope, receive, send)
    elif scope["type"] == "websocket":
        await _socket(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await people(scope, receive, send)


async def _socket(scope: Any, receive: Any, send: Any) -> None:
    """The dashboard's; any other address refuses the handshake."""
    if scope["path"].lstrip("/") == SOCKET:
        await sockets(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


async def _lifespan(receive: Any, send: Any) -> None:
    """Everything is ready when this module is; at the end what is queued for Redis is still appended, and what was
    promised is counted."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await devices.aclose()
            await asyncio.to_thread(flushing.finish)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


garbage.settle()

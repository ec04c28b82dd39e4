"""The application in a hurry: large documents each 20 ms, and a browser that takes none for a second is dropped."""

from typing import Any

from ljwx.asgi import application
from monitoring import sockets
from rollout.dashboard.socket import DashboardSocket

__all__ = ["application"]

# What the kernel keeps for a browser that does not read, about 2 MB, is full after a few.
PADDING = " " * 200_000
draw = DashboardSocket.draw


def padded(document: Any, manner: str) -> str:
    return draw(document, manner) + PADDING


DashboardSocket.draw = staticmethod(padded)  # type: ignore[method-assign]
sockets.EVERY_S, sockets.STALLED_S = 0.02, 1.0

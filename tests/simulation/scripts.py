"""The Lua scripts of the project in Python: the model of Redis runs these. test_fidelity.py compares them."""

from collections.abc import Callable
from typing import Any

from streaming import slots


def hold(server: Any, name: Any, token: Any, life_ms: Any) -> int:
    """streaming.slots.HOLD"""
    if server.get(name) not in {None, str(token).encode()}:
        return 0
    server.set(name, token, px=int(life_ms))
    return 1


def release(server: Any, name: Any, token: Any) -> int:
    """streaming.slots.RELEASE"""
    return server.delete(name) if server.get(name) == str(token).encode() else 0


SCRIPTS: dict[str, Callable[..., Any]] = {slots.HOLD: hold, slots.RELEASE: release}

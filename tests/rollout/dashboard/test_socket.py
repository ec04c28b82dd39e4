"""The websocket: who may open it, and what comes out of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from monitoring import sockets
from rollout.dashboard.socket import DashboardSocket
from rollout.models import Route
from tests.rollout.dashboard.conftest import Login

LOOK = "rollout.view_route"
HOST = "testserver"
Open = Callable[..., WebsocketCommunicator]


@pytest.fixture(autouse=True)
def quick(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second is a moment, and no connection of another thread outlives a test."""
    monkeypatch.setattr(sockets, "EVERY_S", 0.01)
    yield
    assert sockets._sockets == {}
    sockets._looking.submit(connections.close_all).result()
    asyncio.run(database_sync_to_async(connections.close_all)())


def opened(
    client: Client | None = None, *, origin: str | None = f"http://{HOST}", host: str = HOST, peer: str = "10.0.0.1",
    query: str = "language=en", **headers: str,
) -> WebsocketCommunicator:  # fmt: skip
    """A websocket of a page at `origin`, with the session of `client`."""
    told = {"host": host, **headers}
    if origin is not None:
        told["origin"] = origin
    if client is not None:
        told["cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in told.items()]
    application = AuthMiddlewareStack(DashboardSocket.as_asgi())
    found = WebsocketCommunicator(application, f"/stream_monitor/live?{query}", headers=named)
    found.scope["client"] = [peer, 1234]
    return found


def admitted(socket: WebsocketCommunicator) -> bool:
    async def ask() -> bool:
        connected, _code = await socket.connect(timeout=10)
        await socket.disconnect()
        return bool(connected)

    return asyncio.run(ask())


def talking(socket: WebsocketCommunicator, talk: Callable[[WebsocketCommunicator], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        connected, _code = await socket.connect(timeout=10)
        assert connected
        try:
            return await talk(socket)
        finally:
            await socket.disconnect()

    return asyncio.run(run())


async def received(socket: WebsocketCommunicator) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await socket.receive_from(timeout=10))
    return found


def test_who_may_see_the_routes_gets_the_whole_at_once_and_then_again_and_again(login: Login) -> None:
    async def talk(socket: WebsocketCommunicator) -> list[dict[str, Any]]:
        return [await received(socket) for _ in range(3)]

    first, *others = talking(opened(login(LOOK)), talk)
    assert "0 % of devices on the stream" in first["sections"]["sentence"]
    assert set(first["sections"]) == set(others[-1]["sections"])
    assert first["seq"] < others[0]["seq"] < others[1]["seq"]


def test_what_changes_is_in_the_next_document(login: Login) -> None:
    async def talk(socket: WebsocketCommunicator) -> str:
        await received(socket)
        await database_sync_to_async(Route.objects.update)(percentage=35)
        for _ in range(100):
            told = await received(socket)
            if "35 %" in told["sections"]["sentence"]:
                return str(told["sections"]["sentence"])
        return ""

    assert "35 % of devices on the stream" in talking(opened(login(LOOK)), talk)


def test_a_document_that_can_not_be_drawn_is_left_out_and_the_next_one_comes(
    login: Login, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = DashboardSocket.draw

    def once(document: Any, manner: str) -> str:
        monkeypatch.setattr(DashboardSocket, "draw", real)
        raise KeyError("a figure that nobody thought of")

    async def talk(socket: WebsocketCommunicator) -> list[dict[str, Any]]:
        await received(socket)
        monkeypatch.setattr(DashboardSocket, "draw", staticmethod(once))
        return [await received(socket) for _ in range(2)]

    assert len(talking(opened(login(LOOK)), talk)) == 2
    assert "a figure that nobody thought of" in caplog.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("language=zh-hans", "设备走流"),
        ("language=en", "on the stream"),
        ("language=../x", "on the stream"),
        ("", "on the"),
    ],
)
def test_each_is_sent_its_language(login: Login, query: str, said: str) -> None:
    async def talk(socket: WebsocketCommunicator) -> str:
        return str((await received(socket))["sections"]["sentence"])

    assert said in talking(opened(login(LOOK), query=query), talk)


def test_nobody_is_not_let_in(login: Login) -> None:
    assert not admitted(opened())


def test_who_lacks_the_permission_is_not_let_in(login: Login) -> None:
    assert not admitted(opened(login("rollout.view_plan")))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"http://{HOST}.evil.example", f"http://{HOST}:81", "file://"]
)
def test_a_page_of_elsewhere_is_not_let_in_with_a_session(login: Login, origin: str) -> None:
    assert not admitted(opened(login(LOOK), origin=origin))


def test_a_host_that_is_not_ours_is_not_let_in(login: Login) -> None:
    assert not admitted(opened(login(LOOK), origin="http://evil.example", host="evil.example"))


def test_a_trusted_origin_behind_a_proxy_is_let_in(login: Login, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://ljwx.example.com"]
    assert admitted(opened(login(LOOK), origin="https://ljwx.example.com"))


def test_the_door_is_for_who_sits_at_the_machine_of_the_embedded_default(settings: Any) -> None:
    near: dict[str, Any] = {"host": "localhost:8000", "origin": "http://localhost:8000", "peer": "127.0.0.1"}
    assert not admitted(opened(**near))
    settings.EMBEDDED = True
    assert admitted(opened(**near))
    assert not admitted(opened(**{**near, "peer": "10.0.0.1"}))
    assert not admitted(opened(**{**near, "origin": "http://evil.example"}))
    assert not admitted(opened(**near, x_forwarded_for="127.0.0.1"))


def test_a_permission_that_is_withdrawn_ends_it(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ASKED_EVERY_S", 0.0)

    async def talk(socket: WebsocketCommunicator) -> Any:
        await received(socket)
        await database_sync_to_async(User.objects.update)(is_active=False)
        for _ in range(100):
            told = await socket.receive_output(timeout=10)
            if told["type"] == "websocket.close":
                return told["code"]
        return None

    assert talking(opened(login(LOOK)), talk) == sockets.LOST


def test_more_than_a_process_can_hold_are_refused(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 0)
    assert not admitted(opened(login(LOOK)))


def test_what_a_browser_says_changes_nothing(login: Login) -> None:
    async def talk(socket: WebsocketCommunicator) -> dict[str, Any]:
        await socket.send_to(text_data="{}")
        await socket.send_to(bytes_data=b"\x00")
        await received(socket)
        return await received(socket)

    assert "sections" in talking(opened(login(LOOK)), talk)

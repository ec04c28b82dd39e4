"""Appends together: each has its own outcome, and at most one."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ljwx.redis
from ljwx.redis import async_pool
from streaming import breaker, groupcommit
from streaming.envelope import FIELD
from streaming.groupcommit import GroupCommit
from streaming.producer import Entry, NotAppended

pytestmark = pytest.mark.usefixtures("redis")


def together(*entries: list[Entry], group: GroupCommit | None = None) -> list[Any]:
    """The outcome of each append, all asked for in one tick."""

    async def run() -> list[Any]:
        subject = group or GroupCommit(async_pool)
        try:
            return await asyncio.gather(*(subject.append(each) for each in entries), return_exceptions=True)
        finally:
            await subject.aclose()

    return asyncio.run(run())


def stored(stream: str) -> dict[str, bytes]:
    return {found.decode(): fields[FIELD] for found, fields in ljwx.redis.client("control").xrange(stream)}


def test_each_append_is_answered_with_the_ids_of_its_own_entries() -> None:
    asked = [[Entry("s", f"{n}-{m}".encode()) for m in range(n % 3 + 1)] for n in range(300)]
    answers = together(*asked)
    found = stored("s")
    assert [[found[each] for each in ids] for ids in answers] == [[entry.data for entry in each] for each in asked]
    assert len(found) == sum(len(each) for each in asked)


def test_what_one_tick_asks_for_is_one_write() -> None:
    writes = []

    async def run() -> None:
        subject = GroupCommit(async_pool)
        await subject.append([Entry("s", b"first")])
        real = subject._connection.send_packed_command

        async def send(*args: Any, **kwargs: Any) -> None:
            writes.append(1)
            await real(*args, **kwargs)

        subject._connection.send_packed_command = send
        await asyncio.gather(*(subject.append([Entry("s", b"x")]) for _ in range(500)))
        await subject.aclose()

    asyncio.run(run())
    assert len(writes) == 1
    assert len(stored("s")) == 501


def test_one_refused_entry_fails_its_own_upload_alone() -> None:
    ljwx.redis.client("control").set("text", "no stream")
    good, bad, other = together([Entry("s", b"1")], [Entry("s", b"2"), Entry("text", b"3")], [Entry("s", b"4")])
    assert len(good) == len(other) == 1
    assert isinstance(bad, NotAppended)
    assert "WRONGTYPE" in str(bad)
    assert list(stored("s").values()) == [b"1", b"2", b"4"]


def test_without_redis_every_append_fails_and_none_hangs(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answers = together(*[[Entry("s", b"x")] for _ in range(50)])
    assert all(isinstance(answer, NotAppended) for answer in answers)


def test_a_redis_that_does_not_answer_fails_the_round_and_the_next_one_connects_anew(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groupcommit, "DEADLINE_S", 0.1)
    monkeypatch.setattr(breaker, "FIRST_S", 0.0)
    alive = settings.REDIS_URL
    with socket.socket(socket.AF_UNIX) as silent:
        # A path of its own, for pytest's may be longer than a socket's can be.
        path = Path("/tmp") / f"silent-{tmp_path.name}-{id(silent)}.sock"  # noqa: S108
        silent.bind(str(path))
        silent.listen()
        settings.REDIS_URL = f"unix://{path}"

        async def run() -> list[Any]:
            subject = GroupCommit(async_pool)
            first = await asyncio.gather(subject.append([Entry("s", b"lost")]), return_exceptions=True)
            settings.REDIS_URL = alive
            subject._pool = None
            second = await subject.append([Entry("s", b"kept")])
            await subject.aclose()
            return [*first, second]

        failed, ids = asyncio.run(run())
        path.unlink()
    assert isinstance(failed, NotAppended)
    assert list(stored("s")) == ids


def cut() -> None:
    """Kill every connection to the database of this process, but not those of tests that run beside."""
    control = ljwx.redis.client("control")
    mine = control.client_info()
    for each in control.client_list():
        if each["db"] == str(mine["db"]) and each["id"] != str(mine["id"]):
            control.client_kill_filter(_id=each["id"])


def test_a_lost_connection_fails_what_is_under_way_and_nothing_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "FIRST_S", 0.0)

    async def run() -> list[Any]:
        subject = GroupCommit(async_pool)
        await subject.append([Entry("s", b"before")])
        cut()
        lost = await asyncio.gather(subject.append([Entry("s", b"lost")]), return_exceptions=True)
        after = await subject.append([Entry("s", b"after")])
        await subject.aclose()
        return [*lost, after]

    lost, after = asyncio.run(run())
    assert isinstance(lost, NotAppended)
    found = stored("s")
    assert found[after[0]] == b"after"
    assert sorted(found.values()).count(b"lost") <= 1


def test_a_round_that_ends_half_read_leaves_no_reply_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = GroupCommit._settle

    def cancelled(group: GroupCommit, ticket: Any) -> None:
        monkeypatch.setattr(GroupCommit, "_settle", real)
        raise asyncio.CancelledError

    async def run() -> list[Any]:
        subject = GroupCommit(async_pool)
        await subject.append([Entry("s", b"before")])
        monkeypatch.setattr(GroupCommit, "_settle", cancelled)
        both = (subject.append([Entry("s", data)]) for data in (b"first", b"second"))
        broken = await asyncio.gather(*both, return_exceptions=True)
        after = await subject.append([Entry("s", b"after")])
        await subject.aclose()
        return [*broken, after]

    *broken, [after] = asyncio.run(run())
    assert all(isinstance(each, NotAppended) and each.unsure for each in broken)
    assert stored("s")[after] == b"after"


def test_more_than_the_queue_holds_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "QUEUE_MOST", 10)
    answers = together(*[[Entry("s", b"x")] for _ in range(25)])
    refused = [answer for answer in answers if isinstance(answer, NotAppended)]
    assert len(refused) == 15
    assert len(stored("s")) == 10


def test_large_appends_wait_only_as_far_as_the_memory_for_them_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "QUEUE_BYTES", 1_000)
    group = GroupCommit(async_pool)
    for _ in range(2):  # what was sent is held no more
        answers = together(*[[Entry("s", b"x" * 300)] for _ in range(5)], group=group)
        assert [isinstance(answer, NotAppended) for answer in answers] == [False] * 3 + [True] * 2
    assert len(stored("s")) == 6


def test_a_round_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "ROUND_BYTES", 1_000)
    rounds: list[int] = []
    real: Callable[..., Any] = GroupCommit._round

    async def counted(self: GroupCommit, tickets: Any) -> None:
        rounds.append(len(tickets))
        await real(self, tickets)

    monkeypatch.setattr(GroupCommit, "_round", counted)
    together(*[[Entry("s", b"x" * 300)] for _ in range(20)])
    assert rounds == [4] * 5
    assert len(stored("s")) == 20

"""Legacy writes are bounded in number and in time, whatever the database does."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ingest import writerpool
from ingest.accept import CanNotAccept
from ingest.writerpool import WriterPool

LONG = 30.0


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writerpool, "close_old_connections", lambda: None)


def on_a_loop(work: Callable[[WriterPool], Coroutine[Any, Any, Any]], writers: int = 2) -> Any:
    async def run() -> Any:
        subject = WriterPool(writers)
        try:
            return await work(subject)
        finally:
            await subject.aclose()

    return asyncio.run(run())


def test_a_write_is_done_when_it_returns_and_raises_what_it_raises() -> None:
    done: list[int] = []

    async def work(subject: WriterPool) -> None:
        await subject.run(lambda: done.append(1), within=LONG)
        with pytest.raises(ZeroDivisionError):
            await subject.run(lambda: 1 / 0, within=LONG)  # type: ignore[arg-type, return-value]

    on_a_loop(work)
    assert done == [1]


def test_no_more_than_its_writers_write_at_once() -> None:
    most = now = 0
    lock, gate = threading.Lock(), threading.Barrier(2, timeout=LONG)

    def write() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        gate.wait()
        with lock:
            now -= 1

    async def work(subject: WriterPool) -> None:
        await asyncio.gather(*(subject.run(write, within=LONG) for _ in range(10)))

    on_a_loop(work)
    assert most == 2


def test_what_has_waited_too_long_is_refused_and_never_begun() -> None:
    release, begun = threading.Event(), []

    async def work(subject: WriterPool) -> list[Any]:
        held = [asyncio.create_task(subject.run(lambda: begun.append(release.wait(LONG)), within=LONG)) for _ in "ab"]
        await asyncio.sleep(0)
        late = await asyncio.gather(
            *(subject.run(lambda: begun.append("late"), within=0.05) for _ in range(5)), return_exceptions=True
        )
        release.set()
        await asyncio.gather(*held)
        return late

    late = on_a_loop(work)
    assert [type(each) for each in late] == [CanNotAccept] * 5
    assert begun == [True, True]


def test_a_write_that_takes_too_long_is_refused_and_goes_on() -> None:
    release, done = threading.Event(), threading.Event()

    def write() -> None:
        release.wait(LONG)
        done.set()

    async def work(subject: WriterPool) -> None:
        with pytest.raises(CanNotAccept):
            await subject.run(write, within=0.05)
        release.set()

    on_a_loop(work)
    assert done.is_set()


def test_more_than_fits_in_the_time_by_what_a_write_takes_is_refused_at_once() -> None:
    release = threading.Event()

    async def work(subject: WriterPool) -> list[Any]:
        subject._mean_s = 0.1
        tasks = [asyncio.create_task(subject.run(lambda: bool(release.wait(LONG)), within=1.0)) for _ in range(40)]
        await asyncio.sleep(0)
        refused_at_once = [task for task in tasks if task.done()]
        release.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(task.exception(), CanNotAccept) for task in refused_at_once)
        return [len(refused_at_once), answers.count(None)]

    # 2 writers of 0.1 s each do 16 writes in 0.8 s; one more is at work beside the one that waits.
    assert on_a_loop(work) == [40 - 18, 18]


def test_what_has_ended_makes_room_whichever_way_it_ended() -> None:
    async def work(subject: WriterPool) -> float:
        for _ in range(50):
            await asyncio.gather(
                subject.run(lambda: None, within=LONG),
                subject.run(lambda: 1 / 0, within=LONG),  # type: ignore[arg-type, return-value]
                return_exceptions=True,
            )
        await asyncio.sleep(0)
        return subject._under_way

    assert on_a_loop(work) == 0

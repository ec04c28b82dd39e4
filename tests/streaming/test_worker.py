"""One process: started again after growing pauses, broken in a crash loop, drained in its time."""

import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from monitoring import alarms
from streaming import registry, worker
from streaming.worker import State, Worker
from tests.streaming.fleet import sleeping, stubborn

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_here", {})


def dead(code: int = 3) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(["sh", "-c", f"exit {code}"])
    process.wait()
    return process


@pytest.fixture
def make() -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []

    def worker(start: Callable[[], "subprocess.Popen[bytes]"]) -> Worker:
        made.append(Worker(name="a:1", seat=1, kinds=registry.kinds(), start=start))
        return made[-1]

    yield worker
    for each in made:
        if each._process:
            each._process.kill()
            each._process.wait()


def live(subject: Worker, *, start: float, seconds: float) -> None:
    for tick in range(round(seconds * 10)):
        subject.tend(start + tick / 10)


def names() -> list[str]:
    return [alarm.name for alarm in alarms.standing()]


def test_it_is_started_again_after_growing_pauses_until_it_is_broken(make: Callable[..., Worker]) -> None:
    starts: list[float] = []
    now = 0.0

    def start() -> "subprocess.Popen[bytes]":
        starts.append(now)
        return dead()

    subject = make(start)
    while now < 200:
        subject.tend(now)
        if len(starts) < 5:
            assert subject.state in {State.RUNNING, State.WAITING}
            assert names() == []
        now = round(now + 0.1, 1)
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses[:4] == pytest.approx([0.3, 0.5, 0.9, 1.7], abs=0.11)
    assert pauses[4:] == pytest.approx([60.1, 60.1, 60.1], abs=0.11)
    assert (subject.state, subject.restarts, subject.exit_code) == (State.BROKEN, 8, 3)
    assert names() == ["crashloop:a:1"]
    assert "3" in alarms.standing()[0].text


def test_deaths_that_are_far_apart_are_no_crash_loop(make: Callable[..., Worker]) -> None:
    subject = make(dead)
    for number in range(20):
        subject.tend(number * 61.0)
        subject.tend(number * 61.0 + 1)
    assert (subject.state, subject.restarts) == (State.WAITING, 20)
    assert names() == []


def test_the_circuit_closes_when_a_process_has_lived_for_a_while(make: Callable[..., Worker]) -> None:
    processes = [*[dead] * 5, sleeping, *[dead] * 4, sleeping]
    subject = make(lambda: processes.pop(0)())
    live(subject, start=0, seconds=30)
    assert subject.state is State.BROKEN
    live(subject, start=70, seconds=29)
    assert (subject.state, names()) == (State.BROKEN, ["crashloop:a:1"])
    live(subject, start=99, seconds=3)
    assert (subject.state, names()) == (State.RUNNING, [])
    # Steady, it may die again without being broken at once.
    assert subject._process
    subject._process.kill()
    subject._process.wait()
    subject.tend(103)
    assert subject.state is State.WAITING
    live(subject, start=104, seconds=20)
    assert (subject.state, names()) == (State.BROKEN, ["crashloop:a:1"])
    live(subject, start=200, seconds=31)
    assert (subject.state, names()) == (State.RUNNING, [])


def test_deaths_before_a_steady_time_do_not_count_after_it(make: Callable[..., Worker]) -> None:
    processes = [*[dead] * 4, sleeping, dead]
    subject = make(lambda: processes.pop(0)())
    live(subject, start=0, seconds=40)
    assert (subject.state, subject.restarts) == (State.RUNNING, 4)
    assert subject._process
    subject._process.kill()
    subject._process.wait()
    subject.tend(40)
    assert subject.state is State.WAITING


def test_an_alarm_that_a_killed_supervisor_has_left_is_cleared_by_a_steady_process(make: Callable[..., Worker]) -> None:
    alarms.sound("crashloop:a:1", "from before")
    subject = make(sleeping)
    live(subject, start=0, seconds=31)
    assert names() == []


def test_a_drained_process_gets_sigterm_and_is_not_started_again(make: Callable[..., Worker]) -> None:
    subject = make(sleeping)
    subject.tend(0)
    process = subject._process
    assert process
    subject.drain(1)
    assert (subject.state, subject.ended) == (State.DRAINING, False)
    assert process.wait(10) == -15
    subject.tend(2)
    assert subject.ended
    subject.tend(200)
    assert (subject.pid, subject.restarts) == (None, 0)


def test_it_is_told_once_because_a_second_signal_would_cut_its_batch(make: Callable[..., Worker]) -> None:
    told: list[int] = []

    class Telling(subprocess.Popen[bytes]):
        def send_signal(self, sig: int) -> None:
            told.append(sig)
            super().send_signal(sig)

    subject = make(lambda: Telling(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]))
    subject.tend(0)
    subject.drain(1)
    subject.drain(2)
    assert len(told) == 1


def test_what_does_not_end_in_its_time_is_killed(make: Callable[..., Worker]) -> None:
    subject = make(stubborn)
    subject.tend(0)
    process = subject._process
    assert process
    subject.drain(1)
    subject.tend(1 + worker.GRACE_S)
    assert process.poll() is None
    subject.tend(1.1 + worker.GRACE_S)
    assert process.wait(10) == -9
    subject.tend(2 + worker.GRACE_S)
    assert subject.ended


def test_one_that_is_not_running_has_ended_as_soon_as_it_is_told(make: Callable[..., Worker]) -> None:
    subject = make(dead)
    live(subject, start=0, seconds=10)
    assert (subject.state, names()) == (State.BROKEN, ["crashloop:a:1"])
    subject.drain(10)
    assert (subject.ended, names()) == (True, [])

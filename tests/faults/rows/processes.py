"""What can become of the project's own processes, and what an operator does to them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.simulator.dice import Dice
from ljwx.redis import client
from streaming import registry
from tests.faults.child import is_stopped, lives
from tests.faults.row import PROCESS, row
from tests.faults.scene import CLAIM_IDLE_MS, Scene

SHARES = (0, 30, 100, 60, 10, 100)
EACH_S = 0.7
SETTLE_S = 0.05


@row("consumer-kill", PROCESS, percentage=100)
@contextmanager
def consumer_kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGKILL of a consumer at any moment; its supervisor starts it again."""
    scene.wait(dice.below(300) / 1000)
    killed = list(scene.workers())[-1]
    os.kill(killed, signal.SIGKILL)
    yield
    scene.until(lambda: len(scene.workers()) == 2 and killed not in scene.workers())


@row("supervisor-kill", PROCESS, percentage=100)
@contextmanager
def supervisor_kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGKILL of the supervisor; its consumers end by themselves, and another one is started."""
    assert scene.consumers is not None
    children = scene.consumers.children()
    os.kill(scene.consumers.pid, signal.SIGKILL)
    scene.until(lambda: not any(lives(pid) for pid in children))
    yield
    scene.hire()


@row("consumers-term", PROCESS, percentage=100)
@contextmanager
def consumers_term(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGTERM to the consumers, which finish their batches; others are started."""
    assert scene.consumers is not None
    scene.consumers.process.send_signal(signal.SIGTERM)
    assert scene.consumers.process.wait(20) == 0, scene.consumers.process.returncode
    yield
    scene.hire()


@row("consumer-stopped", PROCESS, percentage=100)
@contextmanager
def consumer_stopped(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGSTOP of a consumer in the middle of a batch past the claim time: another stores it, then it goes on."""
    stopped, name = list(scene.workers().items())[-1]

    def caught() -> bool:
        scene.wait(dice.below(20) / 1000)
        os.kill(stopped, signal.SIGSTOP)
        scene.until(lambda: is_stopped(stopped))
        # What it has still sent arrives: an acknowledgement on its way is no batch that others must store.
        scene.wait(SETTLE_S)
        if _pending(name):
            return True
        os.kill(stopped, signal.SIGCONT)
        return False

    scene.until(caught, what="stopped in the middle of a batch")
    scene.wait(CLAIM_IDLE_MS / 1000 + 0.2)
    helper_name = scene.name()
    helper = scene.consumer(helper_name)
    yield
    # Stopped inside a transaction its locks hold the other one up, until the database ends it.
    scene.until(lambda: not _pending(name) and not _pending(helper_name), within=60, what="stored by another")
    os.kill(stopped, signal.SIGCONT)
    helper.end()


def _pending(name: str) -> int:
    """Entries that are delivered to this consumer and not acknowledged."""
    redis = client("control")
    groups = [redis.xpending(kind.stream, kind.group)["consumers"] for kind in registry.kinds()]
    return sum(int(each["pending"]) for group in groups for each in group if each["name"] == name.encode())


@row("web-kill", PROCESS, loses_answers=True)
@contextmanager
def web_kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGKILL of a process that accepts uploads; its server starts another."""
    web, before = scene.web, scene.web_workers()
    assert web is not None
    os.kill(dice.one_of(before), signal.SIGKILL)
    yield

    def is_back() -> bool:
        return not web.lives or (len(scene.web_workers()) == len(before) and scene.web_workers() != before)

    scene.until(is_back)
    if not web.lives:
        # One whose process died twice within seconds gives up, and whoever supervises it starts it again.
        scene.open()


@row("web-term", PROCESS, loses_answers=True)
@contextmanager
def web_term(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGTERM to the web server, which appends what is queued; another is started."""
    assert scene.web is not None
    scene.web.end()
    yield
    scene.open()


@row("share-changes", PROCESS, hold=0.0)
@contextmanager
def share_changes(scene: Scene, dice: Dice) -> Iterator[None]:
    """The share on the stream goes up and down under load."""
    for share in SHARES:
        scene.share(share)
        scene.wait(EACH_S)
    yield

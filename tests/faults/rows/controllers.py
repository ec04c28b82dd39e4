"""What can become of the process that moves the shares, while it moves them."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ingest.simulator.dice import Dice
from tests.faults.child import Child
from tests.faults.row import PROCESS, row
from tests.faults.scene import Scene

EACH_S = 1


@row("controller-kill", PROCESS, percentage=100)
@contextmanager
def controller_kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGKILL of the controller on the way down, step by step; another one goes on."""
    with _on_the_way_down(scene) as (leader, _other):
        scene.wait(dice.below(1000) / 1000)
        os.kill(leader.pid, signal.SIGKILL)
        yield
        scene.until(_is_down, within=60, what="the other one brings every share to 0")


@row("controller-stopped", PROCESS, percentage=100)
@contextmanager
def controller_stopped(scene: Scene, dice: Dice) -> Iterator[None]:
    """SIGSTOP of the controller past its lease on the way down: another one goes on, then it goes on too."""
    with _on_the_way_down(scene) as (leader, other):
        scene.wait(dice.below(1000) / 1000)
        os.kill(leader.pid, signal.SIGSTOP)
        yield
        # Stopped inside a transaction its locks hold the other one up, until the database ends it.
        scene.until(lambda: _leads(other), within=60, what="the other one leads")
        os.kill(leader.pid, signal.SIGCONT)
        scene.until(_is_down, within=60, what="every share is brought to 0")


@contextmanager
def _on_the_way_down(scene: Scene) -> Iterator[tuple[Child, Child]]:
    """Two controllers, the first of which leads and lowers every share from 100 % in steps of a second. The share
    is as it was in the end."""
    from rollout.models import Change, Rollback, Route
    from rollout.rollback import execute_rollback

    share = int(Route.objects.get(kind="health").percentage)
    scene.share(100)
    with ExitStack() as stack:
        # For the rows that may follow under the same load.
        stack.callback(scene.share, share)
        both = []
        for number in (1, 2):
            both.append(scene.child("manage.py", "run_controller", name=f"controller-{number}"))
            stack.callback(both[-1].end)
            if number == 1:
                scene.until(lambda: _leads(both[0]), within=60, what="a controller leads")
        stack.callback(Rollback.objects.filter(active=True).update, active=None)
        before = Change.objects.count()
        execute_rollback("gradual", "a row", "faults", interval_s=EACH_S, force=True)
        # The first change is this call's own, the next ones the controller's.
        scene.until(lambda: Change.objects.count() > before + 3, within=60, what="the controller lowers a share")
        yield both[0], both[1]


def _leads(child: Child) -> bool:
    from rollout.controller.state import leader

    found = leader()
    return found is not None and found.holder.endswith(f":{child.pid}")


def _is_down() -> bool:
    from rollout.models import Route

    return not Route.objects.filter(percentage__gt=0).exists()

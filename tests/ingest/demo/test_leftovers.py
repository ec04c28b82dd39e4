"""What an earlier demonstration has left is taken back, and nothing of anybody else."""

from decimal import Decimal

import pytest

from ingest.demo import leftovers
from ingest.drill import ground
from ingest.drill.errors import Busy
from rollout.models import Plan, Rollback, Route
from rollout.plans import drafting
from rollout.plans.templates import TEMPLATES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
S = Plan.Status
OURS = leftovers.name("DRILL-1-")


def plan(name: str, status: str, *, active: bool | None = None) -> Plan:
    found = drafting.create(name=name, steps=TEMPLATES["fast"], actor="ann", kinds=["health"])
    Plan.objects.filter(pk=found.pk).update(status=status, active=active)
    return found


def moved(percentage: int = 100) -> None:
    Route.objects.filter(kind="health").update(percentage=percentage)


def shares() -> set[Decimal]:
    return set(Route.objects.values_list("percentage", flat=True))


def test_nothing_is_left_of_none() -> None:
    assert leftovers.clear(actor="ann", reason="anew")()
    assert not Rollback.objects.exists()


@pytest.mark.parametrize(
    ("status", "active"), [(S.COMPLETED, None), (S.RUNNING, True), (S.PAUSED, True), (S.SOAKING, True)]
)
def test_the_share_that_it_has_moved_last_goes_back_by_the_ordinary_rollback(status: str, active: bool | None) -> None:
    plan(OURS, status, active=active)
    moved()
    is_over = leftovers.clear(actor="ann", reason="anew")
    assert shares() == {0}
    assert not is_over()
    Rollback.objects.update(active=None)
    assert is_over()


def test_a_plan_of_it_that_has_not_started_is_cancelled() -> None:
    ours, other = plan(OURS, S.APPROVED), plan("autumn", S.APPROVED)
    leftovers.clear(actor="ann", reason="anew")
    ours.refresh_from_db()
    other.refresh_from_db()
    assert (ours.status, other.status) == (S.CANCELLED, S.APPROVED)


def test_what_people_have_moved_stays_and_refuses_it() -> None:
    plan(OURS, S.ROLLED_BACK)
    plan("autumn", S.RUNNING, active=True)
    moved(10)
    assert leftovers.clear(actor="ann", reason="anew")()
    assert shares() == {0, 10}
    with pytest.raises(Busy, match="autumn"):
        ground.check_idle()


def test_a_share_moved_by_hand_without_any_plan_stays() -> None:
    moved(10)
    leftovers.clear(actor="ann", reason="anew")
    assert shares() == {0, 10}

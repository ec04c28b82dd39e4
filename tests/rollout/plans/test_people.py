"""Who must agree: approvals of exactly this plan, by people who neither made, edited nor submitted it."""

from collections.abc import Sequence
from typing import Any

import pytest

from rollout.models import Approval, Plan
from rollout.plans import drafting, people, steps, transitions
from rollout.plans.canonical import content, sha256
from rollout.plans.errors import Conflict, NotApproved, NotReady
from tests.rollout.plans.stage import AUTHOR, S, approved, begin, brought, drafts, drawn, ready, unfenced

pytestmark = pytest.mark.usefixtures("db")


def rewritten(plan: Plan, *, actor: str = AUTHOR, **changed: Any) -> Plan:
    values = {"name": plan.name, "steps": drafts("5", "10"), "kinds": plan.kinds, "auto_execute": False, **changed}
    return drafting.edit(plan.pk, actor=actor, **values)


@pytest.mark.parametrize(
    ("needed", "by", "status"),
    [
        (1, [AUTHOR], S.APPROVED),
        (1, ["li"], S.APPROVED),
        (2, [AUTHOR], S.SUBMITTED),
        (2, ["editor"], S.SUBMITTED),
        (2, ["submitter"], S.SUBMITTED),
        (2, [AUTHOR, "editor", "submitter"], S.SUBMITTED),
        (2, ["li"], S.APPROVED),
        (2, [AUTHOR, "li"], S.APPROVED),
        (3, ["li"], S.SUBMITTED),
        (3, ["li", AUTHOR, "editor"], S.SUBMITTED),
        (3, ["li", "wang"], S.APPROVED),
    ],
)
def test_those_who_wrote_it_are_no_second_opinion(settings: Any, needed: int, by: Sequence[str], status: str) -> None:
    settings.PLAN_PEOPLE = needed
    plan = rewritten(drawn(), actor="editor", name="winter")
    transitions.submit(plan.pk, actor="submitter")
    for person in by:
        plan = transitions.approve(plan.pk, actor=person, reason="read it")
    assert plan.status == status


def test_an_approval_of_the_same_person_counts_once(settings: Any) -> None:
    settings.PLAN_PEOPLE = 3
    plan = transitions.submit(drawn().pk, actor=AUTHOR)
    first = transitions.approve(plan.pk, actor="li", reason="read it")
    again = transitions.approve(plan.pk, actor="li", reason="read it again")
    assert (again.status, again.version) == (S.SUBMITTED, first.version)
    assert Approval.objects.filter(plan=plan).count() == 1


def test_an_edit_voids_every_approval_and_makes_it_a_draft() -> None:
    plan = rewritten(approved(drawn()))
    assert (plan.status, plan.submitted_by) == (S.DRAFT, "")
    assert people.approvers(plan) == set()
    void = Approval.objects.get()
    assert void.valid is None
    assert void.voided_at is not None
    transitions.submit(plan.pk, actor=AUTHOR)
    assert transitions.approve(plan.pk, actor="li", reason="again").status == S.APPROVED


def test_an_edit_of_somebody_takes_their_voice() -> None:
    plan = rewritten(approved(drawn()), actor="li")
    transitions.submit(plan.pk, actor=AUTHOR)
    assert transitions.approve(plan.pk, actor="li", reason="my own").status == S.SUBMITTED


def test_an_approval_of_other_than_what_was_read_is_refused() -> None:
    plan = drawn()
    read = sha256(plan)
    plan = transitions.submit(rewritten(plan, steps=drafts("50", "100")).pk, actor=AUTHOR)
    with pytest.raises(Conflict):
        transitions.approve(plan.pk, actor="li", reason="read it", seen=read)
    assert transitions.approve(plan.pk, actor="li", reason="read it", seen=sha256(plan)).status == S.APPROVED


def test_steps_changed_behind_an_approval_make_it_worthless() -> None:
    plan = approved(drawn())
    plan.steps.filter(position=2).update(percentage=100)
    with pytest.raises(NotApproved):
        transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    plan.steps.filter(position=2).update(percentage=10)
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    plan.steps.filter(position=1).update(percentage=9)
    with pytest.raises(NotApproved):
        begin(plan.pk, position=1)


def test_each_raise_asks_again_for_the_approval() -> None:
    plan = brought(S.RUNNING)
    steps.finish(plan.pk, position=1, actor="controller", verdict="pass", by="controller", fence=unfenced)
    plan.approvals.update(valid=None)
    with pytest.raises(NotApproved):
        begin(plan.pk, position=2)
    assert plan.steps.get(position=2).status == "pending"


def test_an_approval_bound_to_older_content_is_made_anew() -> None:
    plan = approved(drawn())
    plan.steps.filter(position=2).update(percentage=20)
    transitions.approve(plan.pk, actor="li", reason="read it as it is now")
    old, new = Approval.objects.order_by("id")
    assert (old.valid, new.valid, new.sha256) == (None, True, sha256(plan))
    assert old.voided_at is not None


def test_the_hash_of_a_plan_never_changes() -> None:
    plan = drawn("5", "12.5", kinds=["health", "event"], name="秋")
    assert content(plan) == {
        "name": "秋",
        "kinds": ["event", "health"],
        "auto_execute": False,
        "steps": [{"percentage": "5.00", "observe_s": 600}, {"percentage": "12.50", "observe_s": 600}],
    }
    # printf '%s' '{"auto_execute":false,"kinds":["event","health"],"name":"秋","steps":[…]}' | sha256sum
    assert sha256(plan) == "553a51720fc17681c03059fa76177623fdb33b87588f5ac45ae5a6ae3ee83bae"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "x"},
        {"steps": drafts("5")},
        {"steps": drafts("5", "10", observe_s=601)},
        {"auto_execute": True},
        {"kinds": ["health"]},
    ],
    ids=str,
)
def test_whatever_decides_what_a_plan_does_is_in_its_hash(changed: dict[str, Any]) -> None:
    plan = drawn()
    before = sha256(plan)
    assert sha256(rewritten(plan)) == before
    assert sha256(rewritten(plan, **changed)) != before


def test_what_is_not_ready_keeps_a_plan_from_starting_and_is_named() -> None:
    plan = brought(S.APPROVED)
    with pytest.raises(NotReady) as error:
        transitions.start(plan.pk, actor=AUTHOR, preflight=lambda plan: ["redis", "backup"])
    assert (error.value.blocked_by, error.value.allowed[0]) == (("redis", "backup"), "edit")
    plan.refresh_from_db()
    assert plan.status == S.APPROVED


def test_a_plan_that_may_not_start_is_not_examined() -> None:
    def examined(plan: Plan) -> Sequence[str]:
        raise AssertionError("examined")

    with pytest.raises(Conflict):
        transitions.start(brought(S.DRAFT).pk, actor=AUTHOR, preflight=examined)

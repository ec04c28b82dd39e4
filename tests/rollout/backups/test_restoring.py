"""Putting a backup back: shares, thresholds, history and the entries that are missing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import redis as redis_py
from django.utils import timezone

from ingest.models import HealthData
from ljwx.redis import client
from rollout import backups, policies
from rollout.backups import entries, republishing
from rollout.backups.errors import RestoreRefused
from rollout.models import (
    Approval,
    Backup,
    Change,
    Decision,
    GuardrailPolicy,
    Pause,
    Pin,
    Plan,
    Rollback,
    Route,
    Signature,
    Step,
    Transition,
)  # fmt: skip
from rollout.plans import drafting, returning, steps, transitions
from rollout.plans.errors import Conflict
from rollout.plans.templates import TEMPLATES
from rollout.traffic import switch
from streaming import counts, registry
from streaming.envelope import FIELD
from tests.streaming.entries import consumer, drain

HEALTH = registry.get("health")
KINDS = ["device", "event", "health"]


def share(percentage: int, **values: Any) -> None:
    switch(kinds=KINDS, percentage=Decimal(percentage), actor="ann", reason="test", **values)


def shares() -> set[tuple[Decimal, Decimal]]:
    return set(Route.objects.values_list("percentage", "mirror_percentage"))


def take(event: str = "one") -> Backup:
    found = backups.create(event=event, actor="ann", reason="test")
    assert found.status == "verified", found.error
    return found


def restore(backup: Backup, **values: Any) -> dict[str, Any]:
    return backups.restore(backup.pk, **{"actor": "ann", "reason": "back", **values})


def policy(version: int, **values: Any) -> GuardrailPolicy:
    GuardrailPolicy.objects.filter(active=True).update(active=None)
    return GuardrailPolicy.objects.create(version=version, values=values, active=True, created_by="ann", reason="test")


def running(settings: Any) -> Plan:
    """A plan whose first step is observed."""
    settings.PLAN_PEOPLE = 1
    plan = drafting.create(name="p", steps=TEMPLATES["fast"], actor="ann")
    transitions.submit(plan.pk, actor="ann")
    transitions.approve(plan.pk, actor="ann", reason="good")
    transitions.start(plan.pk, actor="ann", preflight=lambda plan: [])
    steps.begin(plan.pk, position=1, actor="c", reason="", metrics={}, fence=lambda: None)
    return steps.confirm(plan.pk, position=1, actor="c", fence=lambda: None)


def test_after_everything_in_redis_went_what_was_not_acknowledged_is_stored_exactly_once(
    traffic: dict[str, list[bytes]],
) -> None:
    found = take()
    client("control").flushdb()
    done = restore(found)
    assert done["entries"] == {
        "event": {"present": 0, "republished": 0},
        "device": {"present": 0, "republished": 0},
        "health": {"present": 0, "republished": 4},
    }
    assert done["error"] == ""
    drain(consumer())
    stored = list(HealthData.objects.order_by("device_sn").values_list("device_sn", flat=True))
    assert stored == [f"S{number}" for number in (2, 3, 4, 5) for _each in range(2)]
    restore(found)
    drain(consumer())
    assert HealthData.objects.count() == 8


def test_an_entry_that_is_in_its_stream_is_left_alone_and_ids_are_noted(traffic: dict[str, list[bytes]]) -> None:
    found = take()
    content = dict(client("control").xrange(HEALTH.stream))
    client("control").xdel(HEALTH.stream, traffic["pending"][0], traffic["undelivered"][1])
    done = restore(found)
    assert done["entries"]["health"] == {"present": 2, "republished": 2}
    with open(done["ids"], "rb") as file:
        noted = [entries.msgspec.json.decode(line) for line in file]
    assert [note["was"].encode() for note in noted] == [traffic["pending"][0], traffic["undelivered"][1]]
    now = dict(client("control").xrange(HEALTH.stream))
    assert [now[note["is"].encode()] for note in noted] == [content[note["was"].encode()] for note in noted]
    drain(consumer(claim_idle_ms=0))
    assert HealthData.objects.count() == 8


def test_another_entry_under_the_same_id_is_not_taken_for_it(traffic: dict[str, list[bytes]]) -> None:
    found = take()
    client("control").flushdb()
    client("control").xadd(HEALTH.stream, {FIELD: b"other"}, id=traffic["pending"][0])
    assert restore(found)["entries"]["health"] == {"present": 0, "republished": 4}


def test_a_redis_that_goes_away_meanwhile_is_told_and_the_next_try_appends_the_rest(
    traffic: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = take()
    client("control").flushdb()
    monkeypatch.setattr(entries, "PAGE", 2)
    real, pages = republishing._append, []

    def fail(*args: Any) -> Any:
        pages.append(1)
        if len(pages) == 2:
            raise redis_py.ConnectionError("gone")
        return real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(republishing, "_append", fail)
        done = restore(found)
    assert (done["error"], done["entries"]["health"]["republished"]) == ("ConnectionError: gone", 2)
    assert restore(found)["error"] == ""
    drain(consumer())
    assert HealthData.objects.count() == 8


def test_lower_shares_come_back_with_an_epoch_that_grows_and_a_line_in_the_history() -> None:
    share(10)
    found = take()
    share(30, mirror=Decimal(5))
    done = restore(found)
    assert shares() == {(Decimal(10), Decimal(0))}
    assert set(Route.objects.values_list("epoch", flat=True)) == {4}
    assert done["routes"]["health"] == {"from": "30.00", "to": "10.00", "backup": "10.00", "same_salt": True}
    newest = Change.objects.filter(epoch=4)
    assert {(c.source, c.actor, c.reason, c.from_percentage, c.to_mirror) for c in newest} == {
        ("restore", "ann", "back", Decimal(30), Decimal(0))
    }
    assert Change.objects.count() == 9


def test_a_share_above_the_present_one_stays_down_without_an_approval() -> None:
    share(30, mirror=Decimal(7))
    found = take()
    share(10, mirror=Decimal(0))
    done = restore(found)
    assert shares() == {(Decimal(10), Decimal(0))}
    assert done["routes"]["event"] == {"from": "10.00", "to": "10.00", "backup": "30.00", "same_salt": True}
    assert Change.objects.count() == 6


@pytest.mark.parametrize(("people", "approver", "agreed"), [(2, "bob", True), (2, "ann", False), (1, "ann", True)])
def test_somebody_else_approves_a_higher_share_where_two_people_must(
    settings: Any, people: int, approver: str, agreed: bool
) -> None:
    settings.PLAN_PEOPLE = people
    share(30)
    found = take()
    share(10)
    if agreed:
        restore(found, approved_by=approver)
    else:
        with pytest.raises(RestoreRefused, match="Somebody else"):
            restore(found, approved_by=approver)
        assert Backup.objects.count() == 1
    assert shares() == {(Decimal(30 if agreed else 10), Decimal(0))}


def test_thresholds_come_back_as_a_new_version() -> None:
    policies.save({"quiet_s": 50}, actor="ann", reason="test")
    found = take()
    assert restore(found)["policy"] is None
    policies.save({"quiet_s": 90}, actor="ann", reason="test")
    assert restore(found)["policy"] == 3
    rows = GuardrailPolicy.objects.order_by("version")
    assert [(row.version, row.values["quiet_s"], row.active) for row in rows] == [
        (1, 50, None),
        (2, 90, None),
        (3, 50, True),
    ]


def test_thresholds_that_nobody_can_judge_by_stay_in_the_backup() -> None:
    policy(1, errors=5)
    found = take()
    policies.save({"quiet_s": 90}, actor="ann", reason="test")
    assert restore(found)["policy"] is None
    assert policies.active()[1].quiet_s == 90


def test_the_number_of_consumers_comes_back_as_a_change() -> None:
    counts.ask(3, reason="test", actor="ann")
    found = take()
    counts.ask(5, reason="test", actor="ann")
    assert restore(found)["consumers"] == 3
    assert counts.read() == counts.Count(3, 3, 3)


@pytest.mark.parametrize(("approver", "outcome"), [("", (0, 1)), ("bob", (1, 0))])
def test_pins_come_back_unless_they_are_over_and_to_the_stream_only_with_an_approval(
    approver: str, outcome: tuple[int, int]
) -> None:
    later = timezone.now() + timedelta(days=1)
    for serial, path in (("L", "legacy"), ("S", "stream"), ("KEPT", "stream"), ("OVER", "legacy")):
        Pin.objects.create(device_sn=serial, path=path, owner="ann", reason="test", expires_at=later)
    Pin.objects.filter(device_sn="OVER").update(expires_at=timezone.now())
    found = take()
    Pin.objects.exclude(device_sn="KEPT").delete()
    restored, refused = outcome
    assert restore(found, approved_by=approver)["pins"] == {"restored": 1 + restored, "kept": 1, "refused": refused}
    assert abs(Pin.objects.get(device_sn="L").expires_at - later) < timedelta(milliseconds=2)


def test_while_a_plan_or_a_rollback_is_active_nothing_is_put_back(settings: Any) -> None:
    found = take()
    plan = running(settings)
    with pytest.raises(RestoreRefused, match="roll back first"):
        restore(found)
    returning.roll_back(plan.pk, actor="ann", reason="test")
    returning.drain(plan.pk, actor="c")
    returning.end(plan.pk, actor="c")
    Rollback.objects.create(
        strategy="immediate", kinds=KINDS, target=0, before={}, source="api", actor="a", reason="r",
        requested_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(RestoreRefused, match="roll back first"):
        restore(found)
    assert Backup.objects.count() == 1


def test_history_that_is_there_stays_as_it_is(settings: Any) -> None:
    plan = running(settings)
    found = take()
    returning.roll_back(plan.pk, actor="ann", reason="test")
    returning.drain(plan.pk, actor="c")
    returning.end(plan.pk, actor="c")
    before = list(Transition.objects.values()), list(Step.objects.values()), list(Plan.objects.values())
    done = restore(found)
    assert (list(Transition.objects.values()), list(Step.objects.values()), list(Plan.objects.values())) == before
    assert (done["history"]["restored"], done["history"]["skipped"]) == (0, 0)


def emptied() -> None:
    """The control tables as a new database has them."""
    for table in (Decision, Signature, Change, Rollback, Approval, Pause, Transition, Step, Plan, GuardrailPolicy):
        table.objects.all().delete()
    Route.objects.update(percentage=0, epoch=1)


def test_into_an_empty_database_a_plan_comes_back_and_does_not_go_on(settings: Any) -> None:
    now = timezone.now()
    plan = running(settings)
    transitions.pause(plan.pk, actor="ann", reason="lunch")
    Signature.objects.create(plan=plan, item="x", signer="ann")
    Rollback.objects.create(
        plan=plan, strategy="immediate", kinds=KINDS, target=0, before={}, source="api", actor="a", reason="r",
        requested_at=now,
    )  # fmt: skip
    Decision.objects.create(
        plan=plan, policy=policy(4, quiet_s=50), token=1, verdict="pass", action="", evidence={}, judgement={},
        created_at=now,
    )  # fmt: skip
    told = Transition.objects.count()
    found = take()
    emptied()
    done = restore(found, approved_by="bob")
    back = Plan.objects.get()
    assert (back.status, back.active, back.version) == ("rolled_back", None, plan.version + 2)
    assert [step.status for step in back.steps.all()] == ["failed", "pending", "pending", "pending"]
    assert Transition.objects.count() == told + 1
    assert Transition.objects.filter(version=back.version, to_status="rolled_back", actor="ann").count() == 1
    assert (Pause.objects.get().standing, Approval.objects.get().valid, Rollback.objects.get().active) == (None,) * 3
    assert (Signature.objects.count(), Decision.objects.count()) == (1, 1)
    assert list(GuardrailPolicy.objects.values_list("version", "active")) == [(4, None), (5, True)]
    assert done["history"]["skipped"] == 0
    # Epochs that the history knows are not used again.
    assert shares() == {(Decimal(10), Decimal(0))}
    assert set(Route.objects.values_list("epoch", flat=True)) == {3}
    assert sorted(Change.objects.values_list("kind", "epoch", "source")) == sorted(
        (kind, epoch, source) for kind in KINDS for epoch, source in ((2, "plan"), (3, "restore"))
    )


def test_an_approved_plan_comes_back_as_a_draft(settings: Any) -> None:
    settings.PLAN_PEOPLE = 1
    plan = drafting.create(name="p", steps=TEMPLATES["fast"], actor="ann")
    transitions.submit(plan.pk, actor="ann")
    transitions.approve(plan.pk, actor="ann", reason="good")
    found = take()
    emptied()
    restore(found)
    assert (Plan.objects.get().status, Approval.objects.get().valid) == ("draft", None)
    with pytest.raises(Conflict):
        transitions.start(plan.pk, actor="ann", preflight=lambda plan: [])


def test_a_plan_whose_place_another_has_is_skipped_with_all_that_belongs_to_it(settings: Any) -> None:
    plan = running(settings)
    found = take()
    emptied()
    Plan.objects.create(pk=plan.pk, name="other", kinds=KINDS, created_by="bob")
    done = restore(found)
    assert (Plan.objects.get().name, Step.objects.count(), Approval.objects.count()) == ("other", 0, 0)
    assert done["history"]["skipped"] > 5


def test_a_backup_of_the_present_state_is_taken_first_and_keeps_what_was_done() -> None:
    share(10)
    found = take()
    share(5)
    done = restore(found)
    before = Backup.objects.get(pk=done["before"])
    assert (before.status, before.reason) == ("verified", "back")
    assert before.counts["restored"]["routes"] == done["routes"]
    restore(before)
    assert shares() == {(Decimal(5), Decimal(0))}


def test_without_a_backup_of_the_present_state_nothing_is_put_back(settings: Any) -> None:
    share(10)
    found = take()
    share(30)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(RestoreRefused, match="No backup of the present state"):
        restore(found)
    assert shares() == {(Decimal(30), Decimal(0))}


def test_one_without_entries_is_not_put_back(settings: Any) -> None:
    right = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    without = backups.create(event="one", actor="ann", reason="test")
    settings.REDIS_URL = right
    with pytest.raises(RestoreRefused, match="entries on their way"):
        restore(without)


def test_entries_of_a_kind_that_is_not_known_here_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = take()
    known = [kind for kind in registry.kinds() if kind.name != "event"]
    # Undone before the tables are emptied, which makes the routes of the kinds that are known then.
    with monkeypatch.context() as patched:
        patched.setattr(registry, "kinds", lambda: known)
        with pytest.raises(RestoreRefused, match="entries-event"):
            restore(found)


def test_a_share_that_changes_meanwhile_is_a_refusal_and_nothing_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollout.backups import returning as putting

    share(10)
    policy(1, quiet_s=50)
    found = take()
    share(30)
    policy(2, quiet_s=90)

    def overtaken(**values: Any) -> Any:
        Route.objects.filter(kind="health").update(epoch=9)
        return switch(**values)

    monkeypatch.setattr(putting.traffic, "switch", overtaken)
    with pytest.raises(RestoreRefused, match="somebody else"):
        restore(found)
    assert shares() == {(Decimal(30), Decimal(0))}
    assert GuardrailPolicy.objects.get(active=True).version == 2

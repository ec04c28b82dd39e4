"""The mirror's part of the check: at 0 % it says whether both paths store the same, before one device is switched."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from ingest.models import HealthData, ShadowEvent, ShadowReading
from ingest.records import Health
from ingest.writers import health
from rollout import consistency
from rollout.consistency import fading
from rollout.guardrails.consistency import consistency as judge
from rollout.guardrails.evidence import KindEvidence
from rollout.guardrails.policy import Policy
from rollout.guardrails.verdicts import Verdict
from rollout.models import CheckFinding, Route
from streaming import registry, safety
from streaming.registry import Written
from tests.ingest import paths
from tests.ingest.mirroring import consume, mirrored
from tests.rollout.consistency.scene import advance, counts, found, progress, settled

AT = 1788339600


@pytest.fixture(autouse=True)
def edge(ground: None) -> None:
    """An edge that mirrors every device, and sends none to a stream."""
    safety.current.refresh()
    mirrored(100)


def post(kind: str = "health", *records: dict[str, Any], serial: str = "A", count: int = 5) -> None:
    wanted = records or [
        {"deviceSn": serial, "timestamp": AT + number, "heart_rate": 60 + number % 60, "temperature": 36.5}
        for number in range(count)
    ]
    assert paths.post(paths.ENDPOINTS[kind], json.dumps(list(wanted)).encode()).status == 200


def write_with(monkeypatch: pytest.MonkeyPatch, change: Callable[[Health], Health]) -> None:
    """A double of the shadow's writer, whose conversion has a fault."""
    shadow = registry.get("health-shadow")

    def write(records: Sequence[Health], shadow: bool = True) -> Written:
        return health.write([change(record) for record in records], True)

    monkeypatch.setitem(registry._shadows, "health", replace(shadow, write=write))


def test_a_healthy_system_at_0_percent_has_nothing_but_matches() -> None:
    post()
    post("device", {"SerialNumber": "A", "batteryLevel": 80, "voltage": 3900, "timestamp": AT})
    sos = {"deviceSn": "B", "eventType": "SOS_EVENT", "eventValue": "1", "timestamp": AT, "latitude": 22.5}
    post("event", {**sos, "healthData": {"data": {"deviceSn": "B", "heart_rate": 120, "timestamp": AT}}})
    consume()
    advance(times=4)
    assert counts(progress("health-shadow")) == {"checked": 5, "match": 5}
    assert counts(progress("device-shadow")) == {"checked": 1, "match": 1}
    assert counts(progress("event-shadow")) == {"checked": 2, "match": 2}
    assert found() == []
    evidence = consistency.evidence("health", 0.0)
    assert evidence is not None
    assert (evidence.matched, evidence.mismatched) == (5, 0)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda record: structs.replace(record, temperature=float(int(record.temperature or 0))), "temperature"),
        (lambda record: structs.replace(record, step=0), "step"),
        (lambda record: structs.replace(record, upload_method="bluetooth"), "upload_method"),
    ],
    ids=["rounded", "null_as_0", "how_it_travelled"],
)
def test_a_conversion_with_a_fault_is_found_at_0_percent(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Health], Health], column: str
) -> None:
    write_with(monkeypatch, change)
    post(count=20)
    consume()
    advance(times=4)
    assert Route.objects.get(kind="health").percentage == 0
    assert counts(progress("health-shadow")) == {"checked": 20, "different": 20}
    first = CheckFinding.objects.order_by("pk")[0]
    assert (first.kind, first.of_kind) == ("health-shadow", "health-shadow")
    assert [name for name, _legacy, _shadow in first.differences] == [column]
    evidence = KindEvidence("health", 2, 0.0, 0.0, consistency=consistency.evidence("health", 0.0))
    judged = judge(evidence, limits=Policy().consistency, now=settled())
    assert (judged.verdict, judged.value) == (Verdict.ACT, 0.0)


def test_a_copy_under_a_mistaken_time_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    write_with(monkeypatch, lambda record: structs.replace(record, timestamp=record.timestamp - 28_800))
    post()
    consume()
    advance(times=4)
    assert counts(progress("health-shadow")) == {"checked": 5, "missing": 5}
    assert CheckFinding.objects.order_by("pk")[0].differences == [["shadow row", None, None]]


def test_a_legacy_row_that_is_gone_is_missing() -> None:
    post()
    HealthData.objects.filter(heart_rate=61).delete()
    consume()
    advance(times=4)
    assert counts(progress("health-shadow")) == {"checked": 5, "match": 4, "missing": 1}
    assert CheckFinding.objects.get().differences == [["legacy row", None, None]]


def test_an_owner_that_is_known_later_is_no_difference_and_one_that_the_record_names_is() -> None:
    post()
    post(
        "health",
        {"deviceSn": "B", "timestamp": AT, "heart_rate": 70, "customer_id": 5, "org_id": 6, "user_id": 7},
    )
    consume()
    ShadowReading.objects.update(customer_id=9)
    advance(times=4)
    assert counts(progress("health-shadow")) == {"checked": 6, "match": 5, "different": 1}
    assert [name for name, _legacy, _shadow in CheckFinding.objects.get().differences] == ["customer_id"]


def test_readings_of_an_event_without_a_copy_are_not_judged_by_themselves() -> None:
    sos = {"deviceSn": "B", "eventType": "SOS_EVENT", "eventValue": "1", "timestamp": AT}
    post("event", {**sos, "healthData": {"data": {"deviceSn": "B", "heart_rate": 120, "timestamp": AT}}})
    consume()
    ShadowEvent.objects.all().delete()
    ShadowReading.objects.all().delete()
    advance(times=4)
    assert counts(progress("event-shadow")) == {"checked": 1, "missing": 1}


def test_what_waits_in_the_shadow_is_no_evidence_and_stale_evidence_says_so() -> None:
    consume()
    post()
    advance(now=settled(500.0), times=4)
    evidence = consistency.evidence("health", 0.0)
    assert evidence is not None
    assert (evidence.matched, evidence.mismatched) == (0, 0)
    assert evidence.settled_through is not None
    assert evidence.settled_through < time.time() + 1


def test_a_check_of_a_window_compares_the_mirrored_records_too_and_repairs_none() -> None:
    post(count=3)
    consume()
    ShadowReading.objects.filter(heart_rate=61).update(heart_rate=99)
    ShadowReading.objects.filter(heart_rate=62).delete()
    checker = consistency.DatabaseConsistencyChecker(kinds=["health"], rest=False)
    checker.clock = settled  # type: ignore[method-assign]
    report = checker.run_comprehensive_check(60)
    assert [(each.kind, each.checked) for each in report.kinds] == [("health", 0), ("health-shadow", 3)]
    assert (report.kinds[1].counts["different"], report.kinds[1].counts["missing"]) == (1, 1)
    assert not report.is_clean
    assert {sample["device"] for sample in report.as_dict()["samples"]} == {"A…"}
    assert consistency.preview(report.check.pk).records == 0
    stop = report.kinds[1].verified.stopped_by
    assert stop is not None
    assert stop.outcome in ("different", "missing")


def test_a_kind_that_was_never_mirrored_is_not_walked() -> None:
    mirrored(0)
    post()
    consume()
    advance(times=4)
    with pytest.raises(type(progress()).DoesNotExist):
        progress("health-shadow")


def test_shadow_rows_live_as_long_as_the_setting_says_and_go_in_chunks(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(count=7)
    consume()
    ShadowReading.objects.filter(heart_rate__lt=65).update(create_time="2026-01-01T00:00:00Z")
    ShadowReading.objects.filter(heart_rate=66).update(heart_rate=99)
    advance(times=4)
    assert len(found(kind="health-shadow")) == 1
    monkeypatch.setattr(fading, "CHUNK", 2)
    subject = fading.Fading()
    subject.clock = iter(range(100)).__next__  # type: ignore[method-assign, assignment]
    assert subject.step(now=time.time(), budget_s=3.0) == 2
    assert subject.step(now=time.time(), budget_s=50.0) == 3
    assert subject.step(now=time.time() + 1, budget_s=50.0) == 0
    assert sorted(ShadowReading.objects.values_list("heart_rate", flat=True)) == [65, 99]
    assert HealthData.objects.count() == 7
    consistency.prune(now=time.time())
    assert len(found(kind="health-shadow")) == 1
    consistency.prune(now=settled(settings.SHADOW_MINUTES * 60 + 10))
    assert found(kind="health-shadow") == []

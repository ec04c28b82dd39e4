"""The report of a migration: what it says is what the tables hold, and what they do not is said."""

from datetime import timedelta

import pytest
import redis as redis_module
from django.utils import timezone

from monitoring import alarms
from rollout import reporting
from rollout.models import Change, Check, CheckFinding, CheckProgress, CheckTally, Decision, Pause, Plan, Rollback
from rollout.models import Transition as Told
from rollout.reporting import NothingToReport, Period, figures, series, shares
from streaming import deadletters
from streaming.deadletters import Burial
from tests.rollout.reporting import scene
from tests.rollout.reporting.scene import END, KIND

pytestmark = pytest.mark.usefixtures("db", "redis")


def of(plan: Plan) -> Period:
    return reporting.period(number=plan.pk)


def charts(text: str) -> list[str]:
    return [part.partition("</figure>")[0] for part in text.split("<figure>")[1:]]


def test_the_period_is_that_of_the_plan_that_has_started_last() -> None:
    with pytest.raises(NothingToReport):
        reporting.period()
    scene.change(END - timedelta(hours=5), 0, 10)
    assert reporting.period().since == END - timedelta(hours=5)
    plan = scene.migration()
    found = reporting.period()
    assert (found.since, found.until, found.plan) == (plan.started_at, plan.ended_at, plan)
    asked = reporting.period(since=END - timedelta(hours=6), until=END)
    assert (asked.since, asked.until, asked.plan) == (END - timedelta(hours=6), END, None)
    with pytest.raises(NothingToReport):
        reporting.period(since=END, until=END - timedelta(hours=1))
    with pytest.raises(Plan.DoesNotExist):
        reporting.period(number=plan.pk + 1)
    Plan.objects.update(started_at=None)
    with pytest.raises(NothingToReport):
        reporting.period(number=plan.pk)


def test_the_shares_are_a_line_from_what_was_before() -> None:
    plan = scene.migration(minutes=10)
    found = shares.shares(of(plan))
    begin = END.timestamp() - 1_800
    assert found.lines == {KIND: [(begin, 0), (begin, 10), (begin + 600, 50), (begin + 1_200, 100)]}
    assert (found.first, found.last) == ({KIND: 0}, {KIND: 100})
    middle = reporting.period(since=END - timedelta(minutes=15), until=END - timedelta(minutes=12))
    # No change in that time: the share is what the next change began with.
    assert shares.shares(middle).first[KIND] == 50
    later = reporting.period(since=END)
    assert shares.shares(later).first[KIND] == 100


def test_figures_are_the_legacy_path_before_and_the_stream_after() -> None:
    told = series.series(of(scene.migration(minutes=90, skipped=lambda minute: minute % 5 > 0)))
    before, after = figures.before(told), figures.after(told)
    assert before is not None
    assert after is not None
    assert (before.least, before.most, before.uploads_per_s, before.p99_s) == (10, 10, 54, 0.2)
    assert (after.least, after.most, after.uploads_per_s, after.p99_s) == (100, 100, 60, 0.02)
    assert before.error_rate == pytest.approx(4 / (60 * 54 + 4))
    assert (after.error_rate, before.p50_s) == (0, 0.01)
    assert before.until - before.since <= 3_600


def test_a_gap_is_named_and_breaks_the_lines() -> None:
    plan = scene.migration(minutes=20, skipped=lambda minute: 24 < minute < 36)
    told = series.series(of(plan))
    begin = END.timestamp() - 3_600
    assert told.gaps == [(begin + 24 * 60, begin + 36 * 60)]
    text = reporting.render(of(plan))
    [uploads] = [each for each in charts(text) if "Uploads per second" in each]
    assert uploads.partition('line-1" d="')[2].partition('"')[0].count("M") == 2
    assert "nothing was decided" in text


def test_long_times_are_thinned_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "POINTS", 10)
    told = series.series(of(scene.migration(minutes=20)))
    assert (told.decisions, told.left_out) == (60, False)
    assert 10 <= len(told.points) < 20
    monkeypatch.setattr(series, "MOST", 30)
    assert series.series(of(Plan.objects.get())).left_out


def test_what_another_version_has_kept_is_left_out_and_counted() -> None:
    plan = scene.migration(minutes=5)
    first = Decision.objects.order_by("id")[0]
    Decision.objects.filter(pk=first.pk).update(evidence={"now": "odd"}, judgement={"odd": 1})
    told = series.series(of(plan))
    assert (told.unread, len(told.points)) == (1, 14)
    assert "was left out: 1" in reporting.render(of(plan))


def test_a_p50_that_was_not_kept_is_missing_and_said() -> None:
    plan = scene.migration(minutes=5, p50=None)
    told = series.series(of(plan))
    before = figures.before(told)
    assert before is not None
    assert (before.p50_s, told.p50_missing) == (None, True)
    assert "The p50 was not kept" in reporting.render(of(plan))
    assert not series.series(Period(END, timezone.now())).p50_missing


def test_too_few_records_are_no_error_rate() -> None:
    plan = scene.migration(minutes=5)
    at_the_end = series.series(of(plan)).points[-1]
    assert (at_the_end.legacy.errors, at_the_end.legacy.error_rate) == (4, None)


def test_decisions_have_their_evidence_and_the_spoiled_metric_alone() -> None:
    plan = scene.migration(minutes=5)
    bad = scene.evidence(END - timedelta(seconds=30), 100.0, stream_errors=9)
    row = scene.decision(END - timedelta(seconds=30), bad, plan=plan, outcome="paused (guardrail): CPU 95 %")
    row.judgement["findings"][0]["verdict"] = "hold"
    row.save()
    text = reporting.render(of(plan))
    assert "step 1: 10 %" in text
    part = text.partition("paused (guardrail): CPU 95 %")[2].partition("</tr>")[0]
    assert "error rate (health) 0 % / 10,000" in part
    assert "Redis memory" not in part
    assert "Redis memory 20 %" in text


def test_incidents_are_told_with_how_long_they_took() -> None:
    plan = scene.migration(minutes=60, skipped=lambda minute: minute % 10 > 0)
    at = END - timedelta(minutes=100)
    Rollback.objects.create(
        strategy="immediate", kinds=[KIND], target=0, before={}, source="guardrail", actor="controller", status="done",
        active=None, reason="errors <7 %>", requested_at=at, effective_at=at + timedelta(seconds=1),
        drained_at=at + timedelta(seconds=14), outcome="all is stored",
    )  # fmt: skip
    Pause.objects.create(plan=plan, cause="operator", reason="lunch", actor="li", standing=True)
    Pause.objects.update(created_at=at, cleared_at=at + timedelta(minutes=12), cleared_by="wang")
    for version, action, minute in ((90, "hold", 0), (91, "hold", 1), (92, "release", 5)):
        made = Told.objects.create(
            plan=plan, version=version, action=action, step=2, from_status="observing", to_status="held",
            actor="controller", facts={"blocked_by": ["paused"]},
        )  # fmt: skip
        Told.objects.filter(pk=made.pk).update(created_at=at + timedelta(minutes=minute))
    text = reporting.render(of(plan))
    assert "errors &lt;7 %&gt;" in text
    assert "effective after 1 s; drained after 14 s" in text
    assert "pause: operator" in text
    assert "cleared by wang" in text
    held = text.partition("step 2 held")[2].partition("</tr>")[0]
    assert "5 min" in held
    assert text.count("step 2 held") == 1
    assert "No rollback, no pause" not in text


def test_alarms_and_dead_letters_are_there_without_values() -> None:
    plan = scene.migration(minutes=60, skipped=lambda minute: minute % 10 > 0)
    alarms.sound("lost:health", "3 entries <gone>")
    inside, outside = END - timedelta(hours=1), END - timedelta(days=9)
    for number, at in enumerate((inside, inside, outside)):
        reason = "conflict" if at is outside else f"implausible: heart_rate {900 + number}"
        payload, received_ms = f"{number}".encode(), round(at.timestamp() * 1000)
        deadletters.bury([Burial(KIND, "A", reason, "json", payload, received_ms)])
    text = reporting.render(of(plan))
    assert "3 entries &lt;gone&gt;" in text
    assert "implausible: heart_rate …" in text
    assert "heart_rate 90" not in text
    assert "conflict" not in text


def test_consistency_is_counted_in_the_time_and_verified_through() -> None:
    plan = scene.migration(minutes=60, skipped=lambda minute: minute % 10 > 0)
    begin = int(END.timestamp()) - 3_600
    for at, matched, mismatched in ((begin, 9_990, 0), (begin + 10, 9, 1), (begin - 90_000, 777, 0)):
        CheckTally.objects.create(kind=KIND, epoch=2, begin=at, matched=matched, mismatched=mismatched)
    rolling = Check.objects.create(
        rolling=True, kinds=[KIND], since_ms=begin * 1000, grace_s=60, actor="controller", active=None, started_at=END
    )
    CheckProgress.objects.create(check_run=rolling, kind=KIND, begin_ms=begin * 1000, cursor_ms=(begin + 60) * 1000)
    CheckFinding.objects.create(
        check_run=rolling, outcome="missing", kind=KIND, of_kind=KIND, entry_ms=(begin + 20) * 1000, entry_seq=3,
        found_at=END,
    )  # fmt: skip
    asked = Check.objects.create(
        kinds=[KIND], since_ms=begin * 1000, until_ms=begin * 1000 + 60_000, grace_s=60, actor="li", active=None,
        status="done", started_at=END - timedelta(minutes=1),
    )  # fmt: skip
    CheckProgress.objects.create(
        check_run=asked, kind=KIND, begin_ms=begin * 1000, cursor_ms=0, checked=4_321, match=4_320, missing=1
    )
    text = reporting.render(of(plan))
    assert "<b>99.99 %</b>" in text
    assert "of 10,000 compared records agree" in text
    assert f"missing {(begin + 20) * 1000}-3" in text
    assert "4,321" in text
    assert "99.977 %" in text


def test_a_redis_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise redis_module.ConnectionError

    plan = scene.migration(minutes=5)
    assert "which alarms stand is not known" not in reporting.render(of(plan))
    monkeypatch.setattr(alarms, "standing", away)
    assert "which alarms stand is not known" in reporting.render(of(plan))


def test_a_time_without_any_decision_is_still_a_report() -> None:
    scene.change(END - timedelta(hours=1), 0, 100, reason="by hand")
    text = reporting.render(reporting.period())
    assert "The controller has decided nothing in this time" in text
    assert "by hand" in text
    assert text.count('<span class="quiet">no data</span>') == 3
    assert "autumn" not in text


def test_kinds_that_went_together_are_one_line_and_others_are_their_own() -> None:
    scene.change(END - timedelta(hours=1), 0, 100)
    text = reporting.render(reporting.period())
    [chart] = [each for each in charts(text) if "Share of devices" in each]
    assert chart.count('class="key ') == 3
    Change.objects.all().delete()
    text = reporting.render(reporting.period(since=END - timedelta(hours=1)))
    [chart] = [each for each in charts(text) if "Share of devices" in each]
    assert chart.count('class="key ') == 3

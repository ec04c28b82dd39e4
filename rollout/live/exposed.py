"""The live document as families of Prometheus: shares, streams, consumers, guardrails, the plan."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import Metric

from monitoring.exposition import gauge
from monitoring.live import Document
from monitoring.models import Alert, Severity
from rollout.models import Plan

STREAM_GAUGES = {
    "length": ("ljwx_stream_entries", "Entries that the stream keeps."),
    "undelivered": ("ljwx_stream_undelivered_entries", "Entries that no consumer was given yet."),
    "pending": ("ljwx_stream_pending_entries", "Entries delivered and not acknowledged."),
    "memory_bytes": ("ljwx_stream_memory_bytes", "Memory of the stream."),
}
# The states of an alert that is not over.
OPEN = (Alert.State.PENDING, Alert.State.FIRING, Alert.State.ACKNOWLEDGED)
# The history is two seconds behind; a leader that is replaced leaves it for some more.
HISTORY_FRESH_S = 15


def families(document: Document) -> Iterator[Metric]:
    """Every family. What the document does not know has no sample."""
    yield gauge("ljwx_document_age_seconds", "Age of the snapshot that the gauges are from.", {(): document["age_s"]})
    yield from _routes(document.get("traffic") or {})
    yield from _streams(document.get("streams") or {})
    consumers = document.get("consumers") or {}
    yield gauge("ljwx_consumers_alive", "Consumers that give a sign of life.", {(): consumers.get("running")})
    yield gauge("ljwx_consumers_desired", "Consumers that there should be.", {(): consumers.get("desired")})
    yield from _machine(document)
    yield from _control(document)
    yield from _guardrails(document)


def _routes(routes: dict[str, Any]) -> Iterator[Metric]:
    for name, about, field, divisor in (
        ("ljwx_route_ratio", "Share of devices on the stream.", "percentage", 100),
        ("ljwx_route_mirror_ratio", "Share of legacy uploads that are mirrored.", "mirror_percentage", 100),
        ("ljwx_route_epoch", "Counts the changes of the route.", "epoch", 1),
    ):
        yield gauge(name, about, {(kind,): route[field] / divisor for kind, route in routes.items()}, ("kind",))


def _streams(streams: dict[str, Any]) -> Iterator[Metric]:
    for field, (name, about) in STREAM_GAUGES.items():
        yield gauge(name, about, {(each["stream"],): each[field] for each in streams.values()}, ("stream",))
    oldest = {(each["stream"],): each["oldest_s"] or 0.0 for each in streams.values()}
    yield gauge("ljwx_stream_oldest_entry_age_seconds", "Age of the oldest unacknowledged entry.", oldest, ("stream",))


def _machine(document: Document) -> Iterator[Metric]:
    """Of the newest second of the history, while somebody writes it."""
    at, newest = (document.get("recent") or [(0, {})])[-1]
    measured = newest if document["measured_at"] - at < HISTORY_FRESH_S else {}
    for name, about, field in (
        ("ljwx_cpu_ratio", "Share of the processors in use, on the host of the leading controller.", "cpu"),
        ("ljwx_memory_ratio", "Share of the memory in use, on the host of the leading controller.", "memory"),
        ("ljwx_redis_memory_ratio", "Share of the memory of Redis in use.", "redis"),
    ):
        yield gauge(name, about, {(): measured.get(field)})


def _control(document: Document) -> Iterator[Metric]:
    known = "controller" not in document["unknown"]
    controller = document.get("controller")
    yield gauge("ljwx_controller_up", "Whether a controller leads.", {(): float(bool(controller)) if known else None})
    age = controller and controller["age_s"]
    yield gauge("ljwx_controller_heartbeat_age_seconds", "Since the leader's last sign of life.", {(): age})
    plan = document.get("plan")
    status = {(each.value,): float(plan is not None and plan["status"] == each) for each in Plan.Status}
    yield gauge("ljwx_plan_status", "The status of the active plan, 1 for the present one.", status, ("status",))
    yield gauge("ljwx_plan_step", "The step that is applied or observed.", {(): plan and plan["current_step"]})
    if "rollback" not in document["unknown"]:
        active = {(): float(document.get("rollback") is not None)}
        yield gauge("ljwx_rollback_active", "Whether a rollback is under way.", active)
    alarms = document.get("alarms")
    if alarms is not None:
        yield gauge("ljwx_alarms_standing", "How many alarms stand.", {(): len(alarms)})
        names = {(each["name"],): 1.0 for each in alarms}
        yield gauge("ljwx_alarm_standing", "An alarm that stands.", names, ("name",))
    yield from _alerts(document)
    if (checks := document.get("redis")) is not None:
        safe = {(each["name"],): None if each["ok"] is None else float(each["ok"]) for each in checks}
        yield gauge("ljwx_redis_safe", "Whether Redis keeps what it acknowledges, by property.", safe, ("property",))


def _alerts(document: Document) -> Iterator[Metric]:
    alerts = document.get("alerts")
    if alerts is None:
        return
    counts: dict[tuple[str, str], float] = {(state, each): 0.0 for state in OPEN for each in Severity}
    counts |= {(state, severity): float(count) for state, severity, count in alerts["counts"]}
    yield gauge("ljwx_alerts", "Alerts that are not over.", counts, ("state", "severity"))


def _guardrails(document: Document) -> Iterator[Metric]:
    findings = (document.get("judged") or {}).get("findings", ())
    labels = ("metric", "of")
    values = {(each["metric"], each["kind"] or each["path"] or ""): each for each in findings}
    told = {key: each["value"] for key, each in values.items()}
    yield gauge("ljwx_guardrail_value", "The value of a guardrail, in its own unit.", told, labels)
    verdicts = {(*key, each["verdict"]): 1.0 for key, each in values.items()}
    yield gauge("ljwx_guardrail_verdict", "The present verdict of a guardrail.", verdicts, (*labels, "verdict"))
    at = (document.get("judged") or {}).get("at")
    yield gauge("ljwx_judged_timestamp_seconds", "When the guardrails were judged.", {(): at})
    letters = Counter[tuple[str]]()
    for each in document.get("dead_letters") or ():
        letters[each["kind"],] += each["count"]
    yield gauge("ljwx_dead_letters_open", "Open dead letters of the largest groups.", letters, ("kind",))
    verified = document.get("verified_through") or ()
    for name, about, field in (
        ("ljwx_verified_through_timestamp_seconds", "Up to when everything was checked and agreed.", "through"),
        ("ljwx_consistency_findings_open", "Findings of the check that nobody has mended or knows of.", "open"),
    ):
        yield gauge(name, about, {(each["kind"],): each.get(field) for each in verified}, ("kind",))

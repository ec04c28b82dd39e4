"""The other tables: paths, traffic, streams, consumers, dead letters, consistency, alerts, Redis, the checklist."""

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from monitoring.alerts import wording
from monitoring.live import Document
from monitoring.models import Alert, Severity
from rollout import checklists
from rollout.admin.plans.checking import STATES, TITLES
from rollout.dashboard import numbers
from rollout.models import CheckFinding

Row = dict[str, Any]

MARKS = {Severity.INFO: "info", Severity.WARNING: "hold", Severity.CRITICAL: "bad"}


def traffic(document: Document) -> list[Row]:
    """Where each kind's uploads go."""
    return [
        {
            "kind": kind,
            "percentage": float(route["percentage"]),
            "share": numbers.percent(route["percentage"]),
            "mirror": numbers.percent(route["mirror_percentage"]),
            "epoch": route["epoch"],
            "since": numbers.moment(route["updated_at"], date=True),
        }
        for kind, route in (document.get("traffic") or {}).items()
    ]


def paths(document: Document) -> list[Row]:
    """What each path did within the last minute."""
    return [
        {
            "path": path,
            "uploads": numbers.plain(told["uploads_per_s"]),
            "records": numbers.plain(told["records_per_s"]),
            "errors": numbers.share(told["error_rate"], 2),
            "reasons": ", ".join(f"{reason} {count:,}" for reason, count in told["errors_by_reason"].items()),
            **{name: _ms(told[f"{name}_ms"]) for name in ("p50", "p90", "p99")},
        }
        for path, told in ((document.get("lately") or {}).get("paths") or {}).items()
    ]


def streams(document: Document) -> list[Row]:
    """What is in each stream and what of it waits."""
    return [
        {
            "stream": told["stream"],
            "length": numbers.plain(told["length"], 0),
            "undelivered": numbers.plain(told["undelivered"], 0),
            "pending": numbers.plain(told["pending"], 0),
            "oldest": numbers.seconds(told["oldest_s"]),
            "memory": numbers.size(told["memory_bytes"]),
        }
        for told in (document.get("streams") or {}).values()
    ]


def consumers(document: Document) -> list[Row]:
    """Every consumer that a living supervisor answers for."""
    return [
        {
            "name": each["name"],
            "host": each["host"],
            "slot": _("own kinds") if each["seat"] is None else each["seat"],
            "state": each["state"],
            "beat": numbers.ago(each["beat_age_s"]),
            "rate": numbers.plain(each["rate"]),
            "pending": numbers.plain(each["pending"], 0),
            "stored": numbers.plain(each["stored"], 0),
            "error": each["error"],
        }
        for each in (document.get("consumers") or {}).get("consumers", ())
    ]


def letters(document: Document) -> list[Row]:
    """The open dead letters by reason, each with the list of them."""
    url = reverse("admin:streaming_deadletter_changelist")
    return [
        {
            "kind": each["kind"],
            "reason": each["reason"],
            "count": f"{each['count']:,}{'+' if each['more'] else ''}",
            "devices": numbers.plain(each["devices"], 0),
            "last": numbers.moment(each["last"], date=True),
            "url": f"{url}?state__exact=open&fingerprint={each['fingerprint']}",
        }
        for each in document.get("dead_letters") or ()
    ]


def verified(document: Document) -> list[Row]:
    """Up to when each kind is verified, and what stops it."""
    return [
        {
            "kind": each["kind"],
            "through": numbers.moment(each["through"]),
            "behind": numbers.seconds(each["through"] and max(0.0, document["measured_at"] - each["through"])),
            "stopped_by": _stop(each["stopped_by"]),
        }
        for each in document.get("verified_through") or ()
    ]


def alarms(document: Document) -> list[Row]:
    """What is wrong now."""
    return [
        {"name": each["name"], "text": each["text"], "since": numbers.moment(each["since"], date=True)}
        for each in document.get("alarms") or ()
    ]


def alerts(document: Document) -> list[Row]:
    """The alerts that are not over, the worst first."""
    return [
        {
            "id": each["id"],
            "name": each["name"],
            "text": wording.text(each["rule"], each["label"], each["values"]),
            "severity": Severity(each["severity"]).label,
            "mark": MARKS[each["severity"]],
            "state": each["state"],
            "label": Alert.State(each["state"]).label,
            "since": numbers.moment(each["since"], date=True),
            "by": each["acknowledged_by"],
            "note": each["note"],
            "silenced": each["silenced"],
            "url": reverse("admin:monitoring_alert_change", args=[each["id"]]),
        }
        for each in (document.get("alerts") or {}).get("shown", ())
    ]


def alert_counts(document: Document) -> str:
    """How many there are of each state, the worst state first."""
    found: Counter[str] = Counter()
    for state, _severity, count in (document.get("alerts") or {}).get("counts", ()):
        found[state] += count
    order = (Alert.State.FIRING, Alert.State.ACKNOWLEDGED, Alert.State.PENDING)
    return ", ".join(f"{found[state]} {state.label}" for state in order if found[state])


def safety(document: Document) -> list[Row]:
    """Every property of Redis that acknowledged entries depend on."""
    return [
        {
            **each,
            "value": _(each["value"]),
            "mend": _(each["mend"]),
            "state": "unknown" if each["ok"] is None else "good" if each["ok"] else "bad",
        }
        for each in document.get("redis") or ()
    ]


def checklist(document: Document) -> list[tuple[str, list[Row]]]:
    """The plan's checklists, by phase."""
    found: dict[str, list[Row]] = {}
    for item in document.get("checklist") or ():
        (text,) = checklists.words([item["code"]])
        # Whoever composed the document speaks a language of his own.
        value = item["values"].get(get_language(), item["value"])
        row = {"text": text, "state": item["state"], "label": STATES[item["state"]], "value": value}
        found.setdefault(item["phase"], []).append({**row, "at": numbers.moment(item["measured_at"])})
    return [(str(TITLES[phase]), rows) for phase, rows in found.items()]


def _stop(stopped_by: dict[str, Any] | None) -> str:
    return f"{CheckFinding.Outcome(stopped_by['class']).label} {stopped_by['entry']}" if stopped_by else ""


def _ms(value: float | None) -> str:
    return numbers.seconds(None if value is None else value / 1000)

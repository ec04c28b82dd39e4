"""Alerts in the state that a test needs, and a live document in which all is well."""

from typing import Any

from django.utils import timezone

from monitoring.models import Alert

NOW = 1_790_000_000.0


def fire(rule: str, label: str = "", **more: Any) -> Alert:
    """An alert of `rule` that fires."""
    now = timezone.now()
    fields = {"group": "redis", "severity": "critical", "state": "firing", "values": {"value": "97 %"}, **more}
    return Alert.objects.create(
        rule=rule, label=label, open_key=f"{rule}:{label}" if label else rule, pending_at=now, firing_at=now,
        valued_at=now, **fields,
    )  # fmt: skip


def document(**parts: Any) -> dict[str, Any]:
    """As facts: 20 % of the devices are on the stream, and nothing is wrong."""
    return {
        "measured_at": NOW,
        "unknown": {},
        "traffic": {"health": {"percentage": 20.0}},
        "plan": None,
        "last_rollback": None,
        "controller": {"holder": "a:1", "token": 1, "age_s": 0.5},
        "streams": {"health": {"backlog": 3}},
        "consumers": {"running": 2, "desired": 2},
        "redis": [check("maxmemory-policy"), check("memory")],
        "alarms": [],
        "judged": {"at": NOW, "findings": [finding("backlog")]},
        "lately": {"paths": {"legacy": failing(0, 900)}},
        "recent_letters": 0,
        "backup_age_h": 1.0,
        "clocks": {"a": -0.2, "Redis": 0.0},
        "device_alerts": [],
        **parts,
    }


def failing(errors: int, records: int) -> dict[str, Any]:
    """What a path did within the last minute."""
    reasons = {"dead": 1, "refused": errors - 1} if errors > 1 else {}
    return {"errors": errors, "error_rate": errors / records if records else None, "errors_by_reason": reasons}


def check(name: str, ok: bool | None = True, *, closes: bool = True) -> dict[str, Any]:
    return {"name": name, "ok": ok, "closes": closes, "value": "97 %", "mend": "Mend it."}


def finding(metric: str, verdict: str = "pass", value: float | None = 0.5, **more: Any) -> dict[str, Any]:
    return {
        "metric": metric, "verdict": verdict, "value": value, "hold": 1.0, "act": 5.0, "kind": "health", "path": None,
        **more,
    }  # fmt: skip


def plan(status: str = "running", step: str = "observing", *pauses: str) -> dict[str, Any]:
    return {
        "id": 4, "name": "autumn", "status": status,
        "steps": [{"position": 2, "status": step, "blocked_by": ["interval"]}],
        "paused_by": [{"cause": cause, "reason": "it was so"} for cause in pauses],
    }  # fmt: skip

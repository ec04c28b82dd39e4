"""The parts of the live document that `GET status` does not have."""

import json
from typing import Any

from django.conf import settings
from django.utils import translation

from monitoring import samples
from rollout import checklists, fleet, policies, rollback
from rollout.api.shown.plan import PLANS, brief
from rollout.api.shown.records import rollback as shown_rollback
from rollout.consistency import findings, verified
from rollout.consistency.report import entry
from rollout.guardrails import judgement as judgements
from rollout.guardrails.judgement import Judgement
from rollout.models import Decision, Plan, Rollback, Route
from rollout.plans.actions import DRAWN_UP, ENDED
from rollout.rollback import telling
from streaming import reasons, registry

# Seconds of the history that a document brings along: a browser that has missed some has no gap.
RECENT_S = 5
MOST_REASONS = 20
MOST_PLANS = 50


def moved() -> tuple[Any, Any]:
    """What is another one when a share or a plan has changed. Raises django.db.Error."""
    plans = Plan.objects.exclude(status__in=ENDED).order_by("-pk")
    return dict(Route.objects.values_list("kind", "epoch")), list(plans.values_list("pk", "status")[:MOST_PLANS])


def drawn_up() -> dict[str, Any] | None:
    """The newest plan that has not started; None when there is none. Raises django.db.Error."""
    plan = PLANS.filter(status__in=DRAWN_UP).order_by("-pk").first()
    return None if plan is None else brief(plan)


def judged() -> dict[str, Any] | None:
    """The last judgement that was kept: at most a minute old while somebody judges. Raises django.db.Error."""
    row = Decision.objects.defer("evidence").order_by("-pk").first()
    return None if row is None else dict(row.judgement)


def of(judgement: Judgement) -> dict[str, Any]:
    """A judgement that was just made."""
    return dict(json.loads(judgements.encode(judgement)))


def last_rollback() -> dict[str, Any] | None:
    """The way back that was asked for last, done or not. Raises django.db.Error."""
    row = Rollback.objects.order_by("-pk").first()
    return None if row is None else shown_rollback(row)


def recent() -> list[Any]:
    """The newest seconds of the history, each with its numbers. Raises django.db.Error."""
    return samples.newest(RECENT_S)


def dead_letters() -> list[dict[str, Any]]:
    """The open dead letters by reason, the most first; without a value of a record. Raises django.db.Error."""
    return [
        {
            "fingerprint": group.fingerprint, "kind": group.kind, "reason": group.reason, "count": group.count,
            "more": group.more, "devices": group.devices, "last": group.last,
        }
        for group in reasons.groups(most=MOST_REASONS)
    ]  # fmt: skip


def verified_through() -> list[dict[str, Any]]:
    """Up to when each kind is verified, in seconds since 1970, what stops it, and how many findings are open. Raises
    django.db.Error."""
    found = ((kind.name, verified.through(kind.name)) for kind in registry.kinds())
    return [
        {
            "kind": kind,
            "through": each and each.through_ms / 1000,
            "stopped_by": each and each.stopped_by
            and {"class": each.stopped_by.outcome, "entry": entry(each.stopped_by), "finding": each.stopped_by.pk},
            "open": findings.still_open(kind).count(),
        }
        for kind, each in found
    ]  # fmt: skip


def checklist() -> list[dict[str, Any]]:
    """The checklists of the plan that is active, else of the newest that is drawn up. Raises django.db.Error,
    redis.RedisError."""
    plan = Plan.objects.filter(active=True).first()
    plan = plan or Plan.objects.filter(status__in=DRAWN_UP).order_by("-pk").first()
    return [] if plan is None else [_for_all(item) for item in checklists.items(plan)]


def _for_all(item: checklists.Item) -> dict[str, Any]:
    """With its value by language: who will read it is not known."""
    values = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            values[code] = item.value
    return {**checklists.data(item), "values": values}


def devices() -> int | None:
    """How many devices were ever seen; None when nobody counts them. Raises django.db.Error."""
    return fleet.size()


def way_back() -> dict[str, Any]:
    """What an emergency rollback would move, and whether the legacy path can carry it. Raises django.db.Error."""
    return telling.preview_data(rollback.preview(Rollback.Strategy.IMMEDIATE))


def thresholds() -> dict[str, tuple[float, float]]:
    """Where each metric holds and where it acts, in its own unit. Raises django.db.Error."""
    _row, policy = policies.active()
    found = {name: getattr(policy, name) for name in ("consistency", "backlog", "age", "cpu", "accept", "memory")}
    return {"errors": (policy.errors.hold, policy.errors.test.null), **{k: (v.hold, v.act) for k, v in found.items()}}

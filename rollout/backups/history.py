"""Plans and what belongs to them, put back where they are missing. Nothing that is there is changed or deleted."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from django.core.serializers.base import DeserializedObject
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.models import Approval, GuardrailPolicy, Pause, Plan, Rollback, Step, Transition
from rollout.plans.actions import ACTIVE, DRAWN_UP, UNDER_WAY

# What tells whether the row with the same id is the same one: ids begin anew in a new database.
IDENTITY: dict[type[models.Model], tuple[str, ...]] = {
    Plan: ("created_by", "created_at"),
    Step: ("plan_id", "position"),
    GuardrailPolicy: ("version", "created_at"),
    Rollback: ("requested_at",),
}


class History:
    """Takes the rows of a backup in their order. `counts`: *restored*, *kept* because they are there, *skipped* because
    their place is taken or what they belong to is not there.

    A plan that comes back does not go on: one that was active is rolled back, one that was drawn up is a draft whose
    approvals are void. People decide anew.
    """

    def __init__(self, *, actor: str, reason: str) -> None:
        self.counts: Counter[str] = Counter(restored=0, kept=0, skipped=0)
        self._actor, self._reason = actor, reason
        self._known: defaultdict[type[models.Model], set[Any]] = defaultdict(set)
        self._stopped: set[Any] = set()

    def keep(self, row: DeserializedObject) -> None:
        """Put `row` back unless it is there. Raises django.db.Error."""
        outcome = self._keep(row, row.object)
        self.counts[outcome] += 1
        if outcome != "skipped":
            self._known[type(row.object)].add(row.object.pk)

    def _keep(self, row: DeserializedObject, it: Any) -> str:
        if not all(self._belongs(it, field) for field in it._meta.concrete_fields if field.many_to_one):
            return "skipped"
        there = type(it)._default_manager.filter(pk=it.pk).first()
        if there is not None:
            return "kept" if _identity(there) == _identity(it) else "skipped"
        told = self._stop(it)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                if told is not None:
                    told.save(force_insert=True)
        except IntegrityError:
            return "skipped"
        return "restored"

    def _belongs(self, it: Any, field: Any) -> bool:
        value = getattr(it, field.attname)
        return value is None or value in self._known[field.related_model]

    def _stop(self, it: Any) -> Transition | None:
        """Make of a row that comes back one that does nothing by itself; the audit row of it, if it has one."""
        now = timezone.now()
        if isinstance(it, Plan):
            return self._stop_plan(it, now)
        if isinstance(it, Step) and it.plan_id in self._stopped and it.status in UNDER_WAY:
            it.status, it.ended_at = Step.Status.FAILED, now
        elif isinstance(it, Pause) and it.standing:
            it.standing, it.cleared_at, it.cleared_by = None, now, self._actor
        elif isinstance(it, Approval) and it.valid and it.plan_id in self._stopped:
            it.valid, it.voided_at = None, now
        elif isinstance(it, GuardrailPolicy):
            it.active = None
        elif isinstance(it, Rollback) and it.active:
            it.active, it.status, it.outcome = None, Rollback.Status.DONE, _("From a backup: not followed to its end.")
        return None

    def _stop_plan(self, plan: Plan, now: datetime) -> Transition | None:
        before = plan.status
        if before in ACTIVE:
            plan.status, plan.active, plan.ended_at = Plan.Status.ROLLED_BACK, None, now
        elif before in DRAWN_UP and before != Plan.Status.DRAFT:
            plan.status = Plan.Status.DRAFT
        else:
            return None
        self._stopped.add(plan.pk)
        plan.version += 1
        return Transition(
            plan_id=plan.pk, version=plan.version, action="restore", from_status=before, to_status=plan.status,
            actor=self._actor, reason=self._reason,
        )  # fmt: skip


def _identity(row: models.Model) -> tuple[Any, ...]:
    # JSON keeps milliseconds.
    return tuple(
        value.replace(microsecond=value.microsecond // 1000 * 1000) if isinstance(value, datetime) else value
        for value in (getattr(row, name) for name in IDENTITY.get(type(row), ()))
    )

"""One change of a plan's status: a conditional UPDATE with its audit row, in one transaction."""

import random
from collections.abc import Callable, Sequence
from functools import wraps
from threading import Event
from typing import Any, ParamSpec, TypeVar

from django.db import Error, transaction
from django.utils.translation import gettext as _

from rollout.models import Plan, Transition
from rollout.plans.actions import ACTIVE, allowed
from rollout.plans.errors import Conflict
from streaming.failures import Failure, classify

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 8
LONGEST_PAUSE_S = 0.2


def atomic(function: Callable[P, R]) -> Callable[P, R]:
    """One transaction, tried again when the database says that it lost against another (deadlock, lock time-out).

    Inside another transaction it is part of that one, which alone can be tried again; what it refuses is undone all the
    same.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction.get_connection().in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except Error as error:
                if not left or classify(error) is not Failure.RETRY:
                    raise
                Event().wait(random.uniform(0, LONGEST_PAUSE_S))
        raise AssertionError("unreachable")

    return run


def locked(plan_id: int, *, version: int | None = None, sources: Sequence[str], action: str) -> Plan:
    """The plan, held until the transaction ends, when it may do `action`: its status is one of `sources`, its version
    is `version` (None: any) and no rollback was asked for. Raises Plan.DoesNotExist, Conflict."""
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    check(plan, version=version, sources=sources, action=action)
    return plan


def check(plan: Plan, *, version: int | None, sources: Sequence[str], action: str) -> None:
    """Raises Conflict unless `plan`, as it was read, may do `action`."""
    if version is not None and plan.version != version:
        raise Conflict(
            _("Nothing was changed: the plan is at version %(now)d by now, not %(then)d. Look at it and try again.")
            % {"now": plan.version, "then": version},
            allowed=allowed(plan.status),
        )
    if plan.status not in sources or plan.rollback_requested_at is not None:
        raise refused(plan, action)


def refused(plan: Plan, action: str) -> Conflict:
    """Why a plan can not do `action` now."""
    can = allowed(plan.status)
    return Conflict(
        _("A plan that is %(status)s can not do this (%(action)s); it can: %(allowed)s.")
        % {"status": plan.get_status_display(), "action": action, "allowed": ", ".join(can) or "–"},
        allowed=can,
    )


def move(
    plan: Plan,
    *,
    action: str,
    actor: str,
    reason: str = "",
    to: str | None = None,
    step: int | None = None,
    facts: dict[str, Any] | None = None,
    change: tuple[str, str] | None = None,
    **fields: Any,
) -> Plan:
    """Write the status `to` (None: as it is), the next version and `fields`, with the audit row.

    `change`: the statuses of a step before and after, when it is a step that changes. Raises Conflict when the row is
    not as `plan` was read; then nothing is written.
    """
    status = to or plan.status
    found = Plan.objects.filter(
        pk=plan.pk, status=plan.status, version=plan.version, rollback_requested_at=plan.rollback_requested_at
    )
    active = True if status in ACTIVE else None
    if found.update(status=status, version=plan.version + 1, active=active, **fields) != 1:
        raise refused(Plan.objects.get(pk=plan.pk), action)
    before, after = change or (plan.status, status)
    Transition.objects.create(
        plan=plan,
        version=plan.version + 1,
        action=action,
        step=step,
        from_status=before,
        to_status=after,
        actor=actor,
        reason=reason,
        facts=facts or {},
    )
    plan.refresh_from_db()
    return plan

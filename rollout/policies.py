"""The guardrails' thresholds in the database, version by version."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollout.guardrails import policy as rules
from rollout.guardrails.policy import Policy
from rollout.models import GuardrailPolicy
from rollout.plans.errors import Conflict, Invalid
from rollout.plans.moving import atomic
from rollout.replaying import Report, replay


def active() -> tuple[GuardrailPolicy, Policy]:
    """The version that judges now; the first, all defaults, is made when there is none. Raises django.db.Error."""
    row = GuardrailPolicy.objects.filter(active=True).first()
    if row is None:
        row = _first()
    return row, read(row)


def read(row: GuardrailPolicy) -> Policy:
    """The thresholds of a version."""
    return rules.decode(json.dumps(row.values))


@atomic
def save(values: Mapping[str, Any], *, actor: str, reason: str, expected: int | None = None) -> GuardrailPolicy:
    """Make `values` the active version; what they do not say is as by default. `expected`: the version that the
    person was looking at. Raises Invalid, Conflict; then nothing changed."""
    try:
        found = rules.decode(json.dumps(dict(values)))
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise Invalid(_("These are no thresholds: %s") % error) from error
    last = GuardrailPolicy.objects.select_for_update().order_by("-version").first()
    now = GuardrailPolicy.objects.filter(active=True).values_list("version", flat=True).first()
    if expected is not None and expected != now:
        raise Conflict(_("Nothing was changed: somebody else has changed the thresholds. Look at them again."))
    GuardrailPolicy.objects.filter(active=True).update(active=None)
    return _write(1 + (last.version if last else 0), found, actor=actor, reason=reason)


def _first() -> GuardrailPolicy:
    try:
        with transaction.atomic():
            return _write(1, Policy(), actor="ljwx", reason="the defaults")
    except IntegrityError:
        return GuardrailPolicy.objects.get(active=True)


def _write(version: int, found: Policy, *, actor: str, reason: str) -> GuardrailPolicy:
    values = json.loads(rules.encode(found))
    return GuardrailPolicy.objects.create(version=version, values=values, active=True, created_by=actor, reason=reason)


def try_out(policy: Policy, *, since: datetime) -> Report:
    """What `policy` would have said of the decisions since `since`."""
    return replay(since=since, policy=policy)

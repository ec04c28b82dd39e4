"""The items of a plan as they are now, and what of them keeps it from starting."""

from collections.abc import Mapping
from functools import partial

import redis
from django.conf import settings
from django.db import Error
from django.utils import timezone

from rollout.checklists.declared import CHECKS
from rollout.checklists.item import Check, Finding, Item, Phase, Signable, State, unknown
from rollout.models import Plan, Signature


def items(plan: Plan) -> list[Item]:
    """Every item of the three lists, measured now. Raises django.db.Error."""
    signed = _signatures(plan)
    return [_item(check, plan, signed) for check in CHECKS]


def preflight(plan: Plan) -> list[str]:
    """The codes of what keeps `plan` from starting and from raising its share; `words` has their texts.

    What is measured must be green: unknown blocks as red does. What can not be measured (the consistency check before
    it has begun, a channel of the alerts before it was tried) must be signed, unless LJWX_EMBEDDED is on: the one
    operator at the machine would only sign to himself. Raises django.db.Error.
    """
    signed = _signatures(plan)
    found = [
        (check, _item(check, plan, signed).state)
        for check in CHECKS
        if check.phase is Phase.BEFORE and not (settings.EMBEDDED and check.measure is None)
    ]
    return [check.code for check, state in found if _blocks(check, state)]


def _blocks(check: Check, state: State) -> bool:
    if state in (State.GREEN, State.SIGNED):
        return False
    return not (state is State.UNKNOWN and check.signable is Signable.YES and settings.EMBEDDED)


def _item(check: Check, plan: Plan, signed: Mapping[str, Signature]) -> Item:
    finding = _measured(check, plan)
    measured_at = finding.at or (timezone.now() if check.measure is not None else None)
    state, words, signature = finding.state, finding.words, signed.get(check.code)
    if signature is not None and state is State.UNKNOWN and check.signable is Signable.YES:
        state, measured_at = State.SIGNED, signature.created_at
        words = partial(_signed, signature)
    return Item(check.code, check.phase, str(check.text), state, words, measured_at)


def _signed(signature: Signature) -> str:
    return f"{signature.signer}: {signature.note}" if signature.note else signature.signer


def _measured(check: Check, plan: Plan) -> Finding:
    if check.measure is None:
        return unknown(str)
    try:
        return check.measure(plan)
    except (redis.RedisError, Error) as error:
        name = type(error).__name__
        return unknown(lambda: name)


def _signatures(plan: Plan) -> dict[str, Signature]:
    return {signature.item: signature for signature in plan.signatures.all()}

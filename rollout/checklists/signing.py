"""Answering by name for what can not be measured."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollout.checklists.declared import CHECKS
from rollout.checklists.evaluating import items
from rollout.checklists.item import Signable, State
from rollout.models import Plan, Signature
from rollout.plans.actions import ENDED, allowed
from rollout.plans.errors import Conflict, Invalid


def sign(plan_id: int, *, item: str, signer: str, note: str = "") -> Signature:
    """`signer` answers for `item` of the plan, with what he has looked at. Only what is unknown can be signed, once and
    until the plan has ended; a measurement that turns up later counts before the signature.

    Raises Plan.DoesNotExist, Invalid for what nobody can sign, Conflict when it is not to be signed now.
    """
    check = next((check for check in CHECKS if check.code == item), None)
    if check is None or check.signable is Signable.NO:
        raise Invalid(_("This is not for a person to sign: %s.") % item)
    plan = Plan.objects.get(pk=plan_id)
    if plan.status in ENDED and plan.status != Plan.Status.COMPLETED:
        raise Conflict(_("The plan has ended."), allowed=allowed(plan.status))
    found = next(each for each in items(plan) if each.code == item)
    if found.state is not State.UNKNOWN:
        raise Conflict(
            _("This is not to be signed now: it is %(state)s (%(value)s).")
            % {"state": found.state, "value": found.value},
            allowed=allowed(plan.status),
        )
    try:
        with transaction.atomic():
            return Signature.objects.create(plan=plan, item=item, signer=signer, note=note)
    except IntegrityError as error:
        raise Conflict(_("Somebody has just signed it."), allowed=allowed(plan.status)) from error

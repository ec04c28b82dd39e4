"""Repair: what is missing is stored after all, by the ordinary writer. It never overwrites and never deletes."""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout import lease
from rollout.consistency import findings
from rollout.consistency.checker import LEASE_S
from rollout.consistency.errors import CheckRunning, RepairRefused
from rollout.consistency.judging import judge
from rollout.consistency.outcomes import Outcome
from rollout.consistency.promises import Entry, Promise
from rollout.lease import Holding
from rollout.models import Check, CheckFinding, Repair
from streaming import deadletters, registry
from streaming.deadletters import Burial
from streaming.envelope import Origin
from streaming.models import DeadLetter
from streaming.storing import Item, Tally, store

log = logging.getLogger(__name__)

CHUNK = 100
LEASE = "repair"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did, or would do: of the `records` that the check has found missing, those that are not by now
    (`mended`; in a preview: already), and those that still are (`left`). `repair`: its record; None for a preview."""

    records: int
    mended: int
    left: int
    stored: int = 0
    duplicate: int = 0
    dead: int = 0
    repair: int | None = None


def preview(check_id: int) -> Repaired:
    """What `repair` would store: the missing records of a check, looked at again. Raises Check.DoesNotExist,
    django.db.Error."""
    check = Check.objects.get(pk=check_id)
    records = left = 0
    for chunk in _chunks(check):
        records += len(chunk)
        left += len(_missing(chunk))
    return Repaired(records, records - left, left)


def repair(check_id: int, *, actor: str, reason: str, approved_by: str = "") -> Repaired:
    """Store the missing records of a check from what their entries held, a chunk at a time, and look at each again.

    Guarantee: through `streaming.storing.store` alone, so a record becomes one row or one dead letter however often it
    is repaired; begun again after a crash it goes on with what is still missing. More records than
    LJWX_REPAIR_APPROVAL_ROWS need `approved_by`: somebody else where two people must agree. Raises RepairRefused,
    CheckRunning, LeaseLost, streaming.failures.Unavailable, django.db.Error, Check.DoesNotExist.
    """
    check = Check.objects.get(pk=check_id)
    records = _missing_findings(check).count()
    _approved(records, actor=actor, approved_by=approved_by)
    holding = lease.take(LEASE, holder=f"{socket.gethostname()}:{os.getpid()}", seconds=LEASE_S)
    if holding is None:
        raise CheckRunning("another repair is running")
    row = Repair.objects.create(
        check_run=check, actor=actor, approved_by=approved_by, reason=reason, records=records,
        started_at=timezone.now(),
    )  # fmt: skip
    try:
        for chunk in _chunks(check):
            _mend(row, chunk, holding)
    finally:
        holding.release()
    Repair.objects.filter(pk=row.pk).update(finished_at=timezone.now())
    log.warning("check %d was repaired by %s: %d of %d records", check.pk, actor, row.mended, records)
    return Repaired(
        records, row.mended, max(0, records - row.mended), row.stored, row.duplicate, row.dead, repair=row.pk
    )


def _approved(records: int, *, actor: str, approved_by: str) -> None:
    limit = settings.REPAIR_APPROVAL_ROWS
    if records <= limit:
        return
    if not approved_by:
        raise RepairRefused(
            _("%(records)d records are missing, and more than %(limit)d need an approval.")
            % {"records": records, "limit": limit}
        )
    if approved_by == actor and settings.PLAN_PEOPLE > 1:
        raise RepairRefused(_("Somebody else must approve the repair."))


def _missing_findings(check: Check) -> "QuerySet[CheckFinding]":
    rows = CheckFinding.objects.filter(check_run=check, outcome=CheckFinding.Outcome.MISSING, resolved_at__isnull=True)
    # What the mirror has found is a fault to be mended, and no record that anybody waits for.
    return rows.exclude(kind__in=[kind.name for kind in registry.shadows()])


def _chunks(check: Check) -> Iterator[list[CheckFinding]]:
    last = 0
    while chunk := list(_missing_findings(check).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _missing(chunk: Sequence[CheckFinding]) -> dict[int, Promise]:
    """Those of the findings that still hold, by their number, with what was promised."""
    promises = {row.pk: _promise(row) for row in chunk}
    numbers = dict(zip((id(promise) for promise in promises.values()), promises, strict=True))
    judged = judge(list(promises.values()), grace_s=float("inf"))
    return {numbers[id(each.promise)]: each.promise for each in judged if each.outcome is Outcome.MISSING}


def _promise(row: CheckFinding) -> Promise:
    entry = Entry(registry.get(row.kind), f"{row.entry_ms}-{row.entry_seq}".encode(), {})
    kind, origin, payload = registry.get(row.of_kind), Origin(row.path, row.epoch), bytes(row.payload)
    if row.form == DeadLetter.Form.RECORD:
        return Promise(entry, row.ordinal, kind, deadletters.record(kind, payload), row.received_ms, origin)
    burial = Burial(row.of_kind, row.device_sn, row.reason, row.form, payload, row.received_ms, origin=origin)
    return Promise(entry, row.ordinal, kind, None, row.received_ms, origin, burial=burial)


def _mend(row: Repair, chunk: Sequence[CheckFinding], holding: Holding) -> None:
    holding.renew()
    tally = Tally()
    missing = _missing(chunk)
    for name in sorted({promise.kind.name for promise in missing.values()}):
        own = [promise for promise in missing.values() if promise.kind.name == name]
        items = [Item(each.record, each.received_ms, each.origin) for each in own if each.record is not None]
        burials = [each.burial for each in own if each.burial is not None]
        tally += store(registry.get(name), items, burials)
    left = _missing(chunk)
    mended = findings.resolve([each.pk for each in chunk if each.pk not in left], by=f"repair {row.pk}")
    row.stored += tally.new
    row.duplicate += tally.duplicates
    row.dead += tally.dead
    row.mended += mended
    row.save(update_fields=["stored", "duplicate", "dead", "mended"])

"""Repair: what is missing is stored after all, by the ordinary writer. It never overwrites and never deletes."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from rollout.plans.moving import atomic
from streaming import deadletters, registry
from streaming.deadletters import Burial
from streaming.envelope import Origin
from streaming.models import DeadLetter
from streaming.storing import Item, Tally, store

log = logging.getLogger(__name__)

CHUNK = 100
LEASE = "repair"
S = Repair.Status


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
    for chunk in _chunks(missing(check)):
        records += len(chunk)
        left += len(_missing(chunk))
    return Repaired(records, records - left, left)


def needs_approval(records: int) -> bool:
    """Whether a repair of so many records needs somebody's approval."""
    return records > settings.REPAIR_APPROVAL_ROWS


def repair(check_id: int, *, actor: str, reason: str, approved_by: str = "") -> Repaired:
    """Store the missing records of a check from what their entries held, a chunk at a time, and look at each again.

    Guarantee: through `streaming.storing.store` alone, so a record becomes one row or one dead letter however often it
    is repaired; begun again after a crash it goes on with what is still missing. More records than
    LJWX_REPAIR_APPROVAL_ROWS need `approved_by`: somebody else where two people must agree. Raises RepairRefused,
    CheckRunning, LeaseLost, streaming.failures.Unavailable, django.db.Error, Check.DoesNotExist.
    """
    records = missing(Check.objects.get(pk=check_id)).count()
    if needs_approval(records):
        if not approved_by:
            raise RepairRefused(
                _("%(records)d records are missing, and more than %(limit)d need an approval.")
                % {"records": records, "limit": settings.REPAIR_APPROVAL_ROWS}
            )
        _other(approved_by, actor)
    with _held() as holding:
        row = ask(check_id, actor=actor, reason=reason, approved_by=approved_by)
        return _carry_out(row, holding, seconds=None)


@atomic
def ask(check_id: int, *, actor: str, reason: str, approved_by: str = "") -> Repair:
    """A repair of the records that a check has found missing and that still are: ready to be carried out, or waiting
    for somebody's approval of just these. Raises Check.DoesNotExist, django.db.Error."""
    check, now = Check.objects.get(pk=check_id), timezone.now()
    found = missing(check)
    records = found.count()
    newest = found.order_by("-pk").values_list("pk", flat=True).first()
    waits = needs_approval(records) and not approved_by
    return Repair.objects.create(
        check_run=check, actor=actor, approved_by=approved_by, reason=reason, records=records, asked_at=now,
        status=S.ASKED if waits else S.READY, approved_at=now if approved_by else None, up_to=newest or 0,
    )  # fmt: skip


def approve(repair_id: int, *, actor: str) -> Repair:
    """Answer for a repair that waits for it: somebody else than who asked, where two people must agree. Raises
    RepairRefused, Repair.DoesNotExist, django.db.Error."""
    row = Repair.objects.get(pk=repair_id)
    _other(actor, row.actor)
    waiting = Repair.objects.filter(pk=row.pk, status=S.ASKED)
    if waiting.update(status=S.READY, approved_by=actor, approved_at=timezone.now()) != 1:
        raise RepairRefused(_("This repair does not wait for an approval."))
    return Repair.objects.get(pk=row.pk)


def carry_out(repair_id: int, *, seconds: float | None = None) -> Repaired:
    """Do what was asked for, or as much as fits in about `seconds`: called again it goes on. Guarantee and errors as
    `repair`; Repair.DoesNotExist."""
    with _held() as holding:
        row = Repair.objects.get(pk=repair_id)
        if row.status == S.ASKED:
            raise RepairRefused(_("Nobody has approved this repair yet."))
        return _carry_out(row, holding, seconds=seconds)


def unfinished() -> Repair | None:
    """The oldest repair that was begun and is not done."""
    return Repair.objects.filter(status=S.READY).order_by("pk").first()


def _carry_out(row: Repair, holding: Holding, *, seconds: float | None) -> Repaired:
    until = None if seconds is None else time.monotonic() + seconds
    found = missing(row.check_run).filter(pk__lte=row.up_to)
    if row.started_at is None:
        row.started_at = timezone.now()
        row.save(update_fields=["started_at"])
    for chunk in _chunks(found):
        if until is not None and time.monotonic() > until:
            break
        _mend(row, chunk, holding)
    else:
        _end(row)
    return Repaired(
        row.records, row.records - found.count(), found.count(), row.stored, row.duplicate, row.dead, repair=row.pk
    )


def _end(row: Repair) -> None:
    if Repair.objects.filter(pk=row.pk, status=S.READY).update(status=S.DONE, finished_at=timezone.now()):
        log.warning(
            "check %d was repaired by %s: %d of %d records", row.check_run_id, row.actor, row.mended, row.records
        )


def _other(approver: str, actor: str) -> None:
    if approver == actor and settings.PLAN_PEOPLE > 1:
        raise RepairRefused(_("Somebody else must approve the repair."))


@contextmanager
def _held() -> Iterator[Holding]:
    """The lease of those that repair. Raises CheckRunning while somebody else has it."""
    with lease.held(LEASE, seconds=LEASE_S) as holding:
        if holding is None:
            raise CheckRunning(_("Another repair is running."))
        yield holding


def missing(check: Check) -> "QuerySet[CheckFinding]":
    rows = CheckFinding.objects.filter(check_run=check, outcome=CheckFinding.Outcome.MISSING, resolved_at__isnull=True)
    # What the mirror has found is a fault to be mended, and no record that anybody waits for.
    return rows.exclude(kind__in=[kind.name for kind in registry.shadows()])


def _chunks(found: "QuerySet[CheckFinding]") -> Iterator[list[CheckFinding]]:
    last = 0
    while chunk := list(found.filter(pk__gt=last).order_by("pk")[:CHUNK]):
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
    mended = findings.resolve_everywhere([each for each in chunk if each.pk not in left], by=f"repair {row.pk}")
    row.stored += tally.new
    row.duplicate += tally.duplicates
    row.dead += tally.dead
    row.mended += mended
    row.save(update_fields=["stored", "duplicate", "dead", "mended"])

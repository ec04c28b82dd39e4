"""The other parts of the control plane, as small as the admin needs them."""

from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

from django.utils import timezone

from rollout.backups.errors import BackupError
from rollout.models import Backup, GuardrailPolicy, Plan, Rollback, Signature
from rollout.plans.errors import Conflict
from rollout.rollback.errors import RollbackRefused


@dataclass
class Calls:
    """What was asked of a part, in order."""

    made: list[tuple[Any, ...]] = field(default_factory=list)

    def note(self, *args: Any) -> None:
        self.made.append(args)


def module(name: str, **members: Any) -> ModuleType:
    found = ModuleType(name)
    for key, value in members.items():
        setattr(found, key, value)
    return found


def fleet(size: int | None) -> ModuleType:
    return module("rollout.fleet", size=lambda: size)


def checklists(*, blocked_by: tuple[str, ...] = (), calls: Calls | None = None) -> ModuleType:
    calls = calls or Calls()

    def items(plan: Plan) -> list[Any]:
        now = timezone.now()
        signed = set(plan.signatures.values_list("item", flat=True))
        told = "signed" if "team" in signed else "unknown"
        rows = [
            ("redis", "before", "Redis keeps what it acknowledges", "green", "noeviction", now),
            ("backup", "before", "a verified backup", "red", None, now),
            ("team", "before", "the team was told", told, None, None),
            ("errors", "during", "error rate", "unknown", None, None),
        ]
        names = ("code", "phase", "text", "state", "value", "measured_at")
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]

    def sign(plan_id: int, *, item: str, signer: str, note: str) -> Signature:
        calls.note(plan_id, item, signer, note)
        return Signature.objects.create(plan_id=plan_id, item=item, signer=signer, note=note)

    return module("rollout.checklists", items=items, sign=sign, preflight=lambda plan: list(blocked_by))


def rollback(*, refused: str = "", fits: bool | None = True, calls: Calls | None = None) -> ModuleType:
    calls = calls or Calls()

    def preview(strategy: str, *, kinds: Any = None, target: Any = None, force: bool = False) -> Any:
        to = Decimal(target or 0)
        moves = [SimpleNamespace(kind=kind, share=Decimal(30), to=to, through=(), devices=3600) for kind in kinds]
        headroom = SimpleNamespace(now=100.0, after=100.0, carried=None, measured=80.0, fits=None if force else fits)
        return SimpleNamespace(asked=strategy, strategy=strategy, moves=moves, headroom=headroom, plan=None)

    def execute(strategy: str, reason: str, actor: str = "system", **more: Any) -> Rollback:
        calls.note(strategy, reason, actor, more)
        if refused:
            raise RollbackRefused(refused)
        Rollback.objects.update(active=None)
        return Rollback.objects.create(
            strategy=strategy, kinds=more["kinds"], target=more.get("target", 0), before={}, source=more["source"],
            actor=actor, reason=reason, requested_at=timezone.now(),
        )  # fmt: skip

    return module("rollout.rollback", preview=preview, execute_rollback=execute)


def backups(*, calls: Calls | None = None, broken: str = "") -> ModuleType:
    calls = calls or Calls()

    def create(*, event: str, actor: str, reason: str, dump: bool = False) -> Backup:
        calls.note("create", actor, reason, dump)
        return Backup.objects.create(event=event, path="/b", actor=actor, reason=reason, status="verified")

    def verify(backup_id: int) -> Backup:
        calls.note("verify", backup_id)
        return Backup.objects.get(pk=backup_id)

    def restore(backup_id: int, *, actor: str, reason: str, approved_by: str = "") -> dict[str, int]:
        calls.note("restore", backup_id, actor, reason, approved_by)
        if broken:
            raise BackupError(broken)
        return {"routes": 3, "entries": 12}

    before = lambda plan, *, actor: calls.note("before_start", plan.pk, actor)  # noqa: E731
    return module("rollout.backups", create=create, verify=verify, restore=restore, before_start=before)


def policies(policy: Any, *, calls: Calls | None = None) -> ModuleType:
    calls = calls or Calls()
    row = GuardrailPolicy.objects.create(version=1, values={}, active=True, created_by="ljwx", reason="defaults")

    def save(values: Any, *, actor: str, reason: str, expected: int | None = None) -> GuardrailPolicy:
        calls.note(values, actor, reason)
        if expected != row.version:
            raise Conflict("somebody else has changed the thresholds")
        GuardrailPolicy.objects.filter(active=True).update(active=None)
        return GuardrailPolicy.objects.create(version=2, values=values, active=True, created_by=actor, reason=reason)

    def try_out(wanted: Any, *, since: Any) -> Any:
        calls.note("try", wanted)
        return SimpleNamespace(lines=lambda: ["3 of 40 decisions would differ"])

    return module("rollout.policies", active=lambda: (row, policy), save=save, try_out=try_out)

"""The control plane in the admin: plans, routes, policies, pins, backups, and what only programs write."""

from rollout.admin.backups import BackupAdmin
from rollout.admin.changes import ChangeAdmin
from rollout.admin.decisions import DecisionAdmin
from rollout.admin.leases import LeaseAdmin
from rollout.admin.log import LogEntryAdmin
from rollout.admin.pins import PinAdmin
from rollout.admin.plans.admin import PlanAdmin
from rollout.admin.policies.admin import PolicyAdmin
from rollout.admin.rollbacks import RollbackAdmin
from rollout.admin.routes import RouteAdmin
from rollout.admin.tokens import TokenAdmin
from rollout.admin.transitions import TransitionAdmin

__all__ = [
    "BackupAdmin", "ChangeAdmin", "DecisionAdmin", "LeaseAdmin", "LogEntryAdmin", "PinAdmin", "PlanAdmin",
    "PolicyAdmin", "RollbackAdmin", "RouteAdmin", "TokenAdmin",
    "TransitionAdmin",
]  # fmt: skip

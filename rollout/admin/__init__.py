"""The control plane in the admin: plans, routes, policies, pins, backups, alerts, and what only programs write."""

from rollout.admin.alerts.alerts import AlertAdmin
from rollout.admin.alerts.channels import ChannelAdmin
from rollout.admin.alerts.deliveries import DeliveryAdmin
from rollout.admin.alerts.silences import SilenceAdmin
from rollout.admin.backups import BackupAdmin
from rollout.admin.changes import ChangeAdmin
from rollout.admin.checks import CheckAdmin
from rollout.admin.decisions import DecisionAdmin
from rollout.admin.findings import AcknowledgementAdmin, FindingAdmin
from rollout.admin.leases import LeaseAdmin
from rollout.admin.log import LogEntryAdmin
from rollout.admin.pins import PinAdmin
from rollout.admin.plans.admin import PlanAdmin
from rollout.admin.policies.admin import PolicyAdmin
from rollout.admin.repairs import RepairAdmin
from rollout.admin.rollbacks import RollbackAdmin
from rollout.admin.routes import RouteAdmin
from rollout.admin.tokens import TokenAdmin
from rollout.admin.transitions import TransitionAdmin

__all__ = [
    "AcknowledgementAdmin",
    "AlertAdmin",
    "BackupAdmin",
    "ChangeAdmin",
    "ChannelAdmin",
    "CheckAdmin",
    "DecisionAdmin",
    "DeliveryAdmin",
    "FindingAdmin",
    "LeaseAdmin",
    "LogEntryAdmin",
    "PinAdmin",
    "PlanAdmin",
    "PolicyAdmin",
    "RepairAdmin",
    "RollbackAdmin",
    "RouteAdmin",
    "SilenceAdmin",
    "TokenAdmin",
    "TransitionAdmin",
]  # fmt: skip

"""Where uploads go, who decides it, and the record of why."""

from rollout.models.approval import Approval
from rollout.models.backup import Backup
from rollout.models.check import Acknowledgement, Check, CheckFinding, CheckProgress, CheckTally
from rollout.models.decision import Decision
from rollout.models.lease import Lease
from rollout.models.memory import ControllerMemory
from rollout.models.pause import Pause
from rollout.models.pin import Pin
from rollout.models.plan import Plan, Step
from rollout.models.policy import GuardrailPolicy
from rollout.models.repair import Repair
from rollout.models.rollback import Rollback
from rollout.models.route import Change, Route
from rollout.models.signature import Signature
from rollout.models.token import ApiToken
from rollout.models.transition import Transition

__all__ = [
    "Acknowledgement", "ApiToken", "Approval", "Backup", "Change", "Check", "CheckFinding", "CheckProgress",
    "CheckTally", "ControllerMemory", "Decision", "GuardrailPolicy", "Lease", "Pause", "Pin", "Plan", "Repair",
    "Rollback", "Route", "Signature", "Step", "Transition",
]  # fmt: skip

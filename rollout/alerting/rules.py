"""Every rule of this layer."""

from monitoring.alerts import registry
from rollout.alerting import alarmed, facts, measured, planned


def register() -> None:
    """Called once, when Django starts."""
    registry.register(*alarmed.RULES, *measured.RULES, *planned.RULES)
    facts.register()

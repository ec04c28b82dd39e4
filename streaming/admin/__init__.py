"""Dead letters in the admin: looked at by many, replayed and discarded by those who may. What was scaled, and why."""

from streaming.admin.counts import ConsumerChangeAdmin
from streaming.admin.letters import DeadLetterAdmin

__all__ = ["ConsumerChangeAdmin", "DeadLetterAdmin"]

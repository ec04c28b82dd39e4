"""Dead letters in the admin: looked at by many, replayed and discarded by those who may."""

from streaming.admin.letters import DeadLetterAdmin

__all__ = ["DeadLetterAdmin"]

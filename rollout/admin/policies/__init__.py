"""The guardrails in the admin: every version, a new one, and what it would have said."""

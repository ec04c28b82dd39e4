"""A drill: a fault in simulated devices alone, and how long the guardrails take to find it and to end it."""

"""What of streams, guardrails, plans and the control plane is an alert, and the process that has the rules look."""

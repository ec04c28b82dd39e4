"""What the live document says of the guardrails."""

from typing import Any

from monitoring.live import Document

# A judgement that is older is none of now: one is kept each minute, and each second while somebody publishes.
FRESH_S = 90.0


def fresh(document: Document) -> dict[str, Any] | None:
    """The last judgement, if it is one of now."""
    judged = document.get("judged")
    if not judged or abs(document["measured_at"] - judged["at"]) > FRESH_S:
        return None
    return dict(judged)

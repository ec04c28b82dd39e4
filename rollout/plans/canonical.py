"""What an approval approves: the plan in one canonical form, and its hash."""

import hashlib
import json
from typing import Any

from rollout.models import Plan


def content(plan: Plan) -> dict[str, Any]:
    """Everything that decides what the plan will do, and its name."""
    return {
        "name": plan.name,
        "kinds": sorted(plan.kinds),
        "auto_execute": plan.auto_execute,
        "steps": [
            {"percentage": f"{step.percentage:.2f}", "observe_s": step.observe_s}
            for step in plan.steps.order_by("position")
        ],
    }


def sha256(plan: Plan) -> str:
    """SHA-256, in hexadecimal, of the canonical plan: JSON with sorted keys, no spaces, UTF-8."""
    text = json.dumps(content(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

"""Each action as a line for the shell."""

import json
from typing import Any

from django.urls import reverse

# Where the one who types it says who he is.
SAYS_WHO = '-H "Authorization: Bearer $LJWX_TOKEN" '


def line(base: str, *, near: bool) -> str:
    """The line with `{path}` and `{body}` left open. `base`: the address of this site, `near`: at the machine of the
    embedded default nobody needs a token."""
    api = base.rstrip("/") + reverse("control status").removesuffix("status")
    return f"curl -X POST {api}{{path}} {'' if near else SAYS_WHO}-H 'Content-Type: application/json' -d '{{body}}'"


def curls(base: str, *, near: bool) -> dict[str, str]:
    """The lines of what has a form on the page, by the end of their path."""
    bodies: dict[str, dict[str, Any]] = {
        "emergency_rollback": {"reason": "…"},
        "switch_traffic": {"percentage": 20, "reason": "…"},
        "alerts/N/acknowledge": {"reason": "…"},
    }
    empty = line(base, near=near)
    return {
        path.rpartition("/")[2]: empty.replace("{path}", path).replace("{body}", json.dumps(body, ensure_ascii=False))
        for path, body in bodies.items()
    }

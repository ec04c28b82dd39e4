"""The live document as a browser gets it: sections of HTML in its language, and the numbers for its charts.

The first page and every later snapshot are drawn by the same templates, so a browser has nothing to know of words,
units or rules.
"""

import threading
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from monitoring.live import Document
from rollout.api.status import traffic
from rollout.dashboard import gates, numbers, rail, rows, sentence, wayback

Message = dict[str, Any]

SECTIONS = (
    "sentence", "wayback", "taken", "traffic", "plan", "gates", "paths", "streams", "consumers", "letters", "verified",
    "alarms", "alerts", "safety", "checklist",
)  # fmt: skip

_lock = threading.Lock()
_drawn: dict[str, tuple[int, Message]] = {}


def message(document: Document, *, language: str) -> Message:
    """What a browser is sent. Drawn once for each document and language, however many look at it."""
    with _lock:
        held = _drawn.get(language)
        if held is None or held[0] != document["seq"]:
            held = _drawn[language] = (document["seq"], _draw(document, language))
    return {**held[1], "age_s": document["age_s"]}


def _draw(document: Document, language: str) -> Message:
    # What holds in this process, which is the one that takes the uploads of whoever looks.
    here: Document = {**document, "override": traffic.forced(), "stream": traffic.gate()}
    with translation.override(language):
        told = sentence.sentence(here)
        context = {
            "document": here,
            "unknown": here.get("unknown", {}),
            "told": told,
            "wayback": wayback.preview(here),
            "taken": wayback.taken(here),
            "traffic": rows.traffic(here),
            "rail": rail.rail(here),
            "gates": gates.gates(here),
            "judged": numbers.moment((here.get("judged") or {}).get("at")),
            "paths": rows.paths(here),
            "streams": rows.streams(here),
            "consumers": rows.consumers(here),
            "letters": rows.letters(here),
            "verified": rows.verified(here),
            "alarms": rows.alarms(here),
            "alerts": rows.alerts(here),
            "alert_counts": rows.alert_counts(here),
            "safety": rows.safety(here),
            "checklist": rows.checklist(here),
            "measured": numbers.moment(here["measured_at"]),
        }
        sections = {name: render_to_string(f"dashboard/sections/{name}.html", context).strip() for name in SECTIONS}
    return {
        "seq": here["seq"],
        "measured_at": here["measured_at"],
        "source": here["source"],
        "state": told.state,
        "sections": sections,
        "recent": here.get("recent") or [],
        "thresholds": here.get("thresholds") or {},
        "devices": here.get("devices"),
        "plan": (here.get("plan") or {}).get("id"),
        "routes": {row["kind"]: [row["percentage"], row["epoch"]] for row in rows.traffic(here)},
    }

"""The gate table: each guardrail with its value, sample, thresholds, window and verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from monitoring.live import Document
from rollout.admin import words
from rollout.controller import codes
from rollout.dashboard import numbers
from rollout.live.judged import fresh

UNITS: dict[str, Callable[[float | None], str]] = {
    "errors": lambda value: numbers.share(value, 2),
    "consistency": lambda value: numbers.share(value, 2),
    "backlog": lambda value: numbers.plain(value, 0),
    "age": numbers.seconds,
    "cpu": numbers.share,
    "accept": numbers.seconds,
    "memory": numbers.share,
    "lost": lambda value: numbers.plain(value, 0),
    "heartbeat": numbers.seconds,
}
# Gathered since the route got its epoch.
SINCE_THE_STEP = {"errors", "consistency", "lost"}


@dataclass(frozen=True, slots=True)
class Gate:
    """One row. `why`: what the verdict rests on, in words; `verdict` is its code, `label` the word."""

    metric: str
    of: str
    value: str
    sample: str
    hold: str
    act: str
    window: str
    verdict: str
    label: str
    why: str


def gates(document: Document) -> list[Gate]:
    """The rows, in the order of the judgement; none when nothing was judged lately."""
    judged = fresh(document)
    return [] if judged is None else [_gate(finding) for finding in judged["findings"]]


def _gate(finding: dict[str, Any]) -> Gate:
    shown = UNITS[finding["metric"]]
    sample = numbers.plain(finding["sample"], 0)
    if finding["needed"]:
        sample = _("%(have)s of %(need)s") % {"have": sample, "need": numbers.plain(finding["needed"], 0)}
    return Gate(
        metric=str(codes.METRICS[finding["metric"]]),
        of=finding["kind"] or finding["path"] or "",
        value=shown(finding["value"]),
        sample=sample,
        hold=shown(finding["hold"]),
        act=shown(finding["act"]),
        window=_window(finding),
        verdict=finding["verdict"],
        label=words.verdict(finding["verdict"]),
        why=", ".join(str(codes.CODES.get(code, code)) for code in finding["codes"]),
    )


def _window(finding: dict[str, Any]) -> str:
    if finding["window_s"] is not None:
        return numbers.seconds(finding["window_s"])
    return _("since the step") if finding["metric"] in SINCE_THE_STEP else numbers.UNKNOWN

"""A rule: which facts it needs, and what it sees in them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring.models import Severity

# By name. What could not be read is absent: unknown is neither well nor wrong.
Facts = Mapping[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that is wrong now. `label` tells it apart from others of its rule, at most 120 characters; `values`
    fit for JSON, fill its text."""

    label: str = ""
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """`sees` is pure: no clock, no I/O. It is asked when every fact in `needs` is known; else its alerts stay as they
    are.

    `for_s`: how long it must be seen before it fires; `keep_s`: how long it must not be seen before it is over: what
    comes and goes is one alert. `text` puts the values into words, in the language in force. `happens`: an event, whose
    end is told to nobody. `holds`: while it fires no share is raised.
    """

    name: str
    group: str
    severity: Severity
    needs: tuple[str, ...]
    sees: Callable[[Facts], Iterable[Sighting]]
    text: Callable[[Values], str]
    for_s: float = 0.0
    keep_s: float = 60.0
    happens: bool = False
    holds: bool = False

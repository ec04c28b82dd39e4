"""One line of a checklist, as declared and as found."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from rollout.models import Plan


class Phase(enum.StrEnum):
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class State(enum.StrEnum):
    """*green* and *red* are measured. What can not be measured is *unknown*, and *signed* once somebody answers for it;
    unknown is never green."""

    GREEN = "green"
    RED = "red"
    UNKNOWN = "unknown"
    SIGNED = "signed"


class Signable(enum.Enum):
    """NO: only a measurement makes it green. YES: while it is unknown a person may answer for it by name."""

    NO = "no"
    YES = "yes"


# A value as it is told to a reader: in the language in force when it is called.
Words = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a measurement says: a state and its value. `at`: when it was made, None for just now."""

    state: State
    words: Words
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The declaration of an item. `measure` raises redis.RedisError or django.db.Error when it can not tell; None:
    nobody can measure it."""

    code: str
    phase: Phase
    text: str | Promise
    measure: Callable[[Plan], Finding] | None = None
    signable: Signable = Signable.NO


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is now. `measured_at`: when it was measured, by the controller for what it judges, or signed.
    `words`: its value."""

    code: str
    phase: Phase
    text: str
    state: State
    words: Words
    measured_at: datetime | None

    @property
    def value(self) -> str:
        """In the language in force."""
        return self.words()


def data(item: Item) -> dict[str, Any]:
    """An item as answers and documents have it, its value in the language in force."""
    names = ("code", "phase", "text", "state", "value", "measured_at")
    return {name: getattr(item, name) for name in names}


def verdict(ok: bool, words: Words, *, at: datetime | None = None) -> Finding:
    """Green or red."""
    return Finding(State.GREEN if ok else State.RED, words, at)


def unknown(words: Words, *, at: datetime | None = None) -> Finding:
    """What could not be measured, and why."""
    return Finding(State.UNKNOWN, words, at)

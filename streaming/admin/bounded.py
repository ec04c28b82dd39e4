"""Replay and discard inside a request: as much as fits in its time."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from streaming.deadletters import category
from streaming.replay import Outcome, replay
from streaming.settling import Letters, Told, discard

# A request must end: what is left is done by pressing again, or by the command.
LONGEST_S = 20.0
clock: Callable[[], float] = time.monotonic


@dataclass
class Counts:
    """What became of the letters that were tried, the last of which was `last`. `reasons`: why some are still dead."""

    tried: int = 0
    last: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def stored(self) -> int:
        return self.outcomes[Outcome.NEW]

    @property
    def known(self) -> int:
        return self.outcomes[Outcome.DUPLICATE]

    @property
    def dead(self) -> int:
        return self.outcomes[Outcome.DEAD]

    @property
    def why(self) -> list[tuple[str, int]]:
        """The reasons of those still dead, the most frequent first."""
        return self.reasons.most_common(10)


def replay_some(
    letters: Letters,
    *,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
    told: Told | None = None,
    most: int | None = None,
    seconds: float = LONGEST_S,
) -> Counts:
    """Replay until `most` letters are tried or `seconds` are over. Raises Unavailable."""
    counts, until = Counts(), clock() + seconds
    for result in replay(letters, actor=actor, reason=reason, dry_run=dry_run, told=told):
        counts.tried, counts.last = counts.tried + 1, result.letter
        counts.outcomes[result.outcome] += 1
        if result.outcome is Outcome.DEAD:
            counts.reasons[category(result.reason)] += 1
        if counts.tried == most or clock() > until:
            break
    return counts


def discard_some(
    letters: Letters, *, actor: str, reason: str = "", told: Told | None = None, seconds: float = LONGEST_S
) -> int:
    """Discard until `seconds` are over; returns how many."""
    count, until = 0, clock() + seconds
    for done in discard(letters, actor=actor, reason=reason, told=told):
        count += done
        if clock() > until:
            break
    return count

"""Detectors that were fed, for the tests of what follows from them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from rollout.guardrails import sequential
from rollout.guardrails.sequential import Detector, Failed, SequentialTest, Tally

TEST = SequentialTest()


def devices(number: int) -> list[str]:
    """As many different devices."""
    return [f"device-{each}" for each in range(number)]


def add(detector: Detector, *, second: int, good: int, failed: Sequence[str]) -> Detector:
    """`detector` after one second more, with the device of each error."""
    return feed(detector, seconds=[(second, good, failed)])


def feed(detector: Detector, *, seconds: Iterable[tuple[int, int, Sequence[str]]]) -> Detector:
    """`detector` after `seconds`, each (second, good records, device of each error)."""
    return sequential.feed(
        detector, seconds=[(second, good, Failed(Counter(failed))) for second, good, failed in seconds]
    )


def detector(*, good: int, failed: Sequence[str] = (), second: int = 1_000, test: SequentialTest = TEST) -> Detector:
    """A detector after one second."""
    return add(Detector(test=test), second=second, good=good, failed=failed)


def mixture_acts(tally: Tally) -> bool:
    return (tally.mixture_peak or 0.0) >= math.log(TEST.mixture_act)


def restarting_acts(tally: Tally) -> bool:
    return (tally.cusum_peak or 0.0) >= math.log(TEST.cusum_act)


def record_by_record(random: Random, *, rate: float, records: int) -> Iterator[Tally]:
    """The tally after each error of `records` records in a row: a second ends before and after each error, so the
    detectors see exactly the order in which the records came."""
    state, second, left = Detector(test=TEST), 0, records
    while True:
        gap = int(math.log(1 - random.random()) / math.log1p(-rate))
        if gap >= left:
            return
        second += 2
        state = add(state, second=second - 1, good=gap, failed=())
        state = add(state, second=second, good=0, failed=(str(random.randrange(10_000)),))
        yield state.tally
        left -= gap + 1


def second_by_second(random: Random, *, rate: float, records: int, per_second: int) -> Tally:
    """The tally after `records` records that came `per_second`."""
    state = Detector(test=TEST)
    for second in range(records // per_second):
        failed, place = [], -1
        while (place := place + 1 + int(math.log(1 - random.random()) / math.log1p(-rate))) < per_second:
            failed.append(str(random.randrange(10_000)))
        state = add(state, second=second, good=per_second - len(failed), failed=failed)
    return state.tally

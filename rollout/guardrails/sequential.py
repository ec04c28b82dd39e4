"""The error test of one path and kind: second by second, from the beginning of the epoch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rollout.guardrails.checked import Checked, require
from rollout.guardrails.likelihood import log_mean_exp, log_mixture, steps
from rollout.guardrails.numbers import Count, Number


class Failed(NamedTuple):
    """The errors of a second: how many of each device, and how many of devices that nobody knows, each another. When
    everything fails they are a hundred thousand in a second: they are counted, not listed."""

    devices: Mapping[str, int] = {}
    others: int = 0

    @property
    def total(self) -> int:
        return sum(self.devices.values()) + self.others


class SequentialTest(Checked, frozen=True):
    """H0: at most `null` of the records are errors. Acts when E ≥ `mixture_act`, or when the restarting detector's mean
    exp(s) ≥ `cusum_act`, in both cases only with `errors_min` errors from `devices_min` devices.

    E is wrong with a chance of 1/`mixture_act` in an epoch at exactly the null rate. The restarting detector bounds the
    mean time to a false alarm instead: at least `cusum_act` records at exactly the null rate, in truth far more.
    `burst_s`: errors of one device within so many seconds of one that counted are the same error.
    """

    null: float = 0.05
    alternatives: tuple[float, ...] = (0.06, 0.08, 0.10, 0.15, 0.20, 0.30, 0.50)
    mixture_act: float = 20.0
    cusum_act: float = 1000.0
    errors_min: int = 3
    devices_min: int = 3
    burst_s: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        rates = 0 < self.null < 1 and bool(self.alternatives) and all(self.null < q < 1 for q in self.alternatives)
        require(rates, "null and alternatives are rates between 0 and 1, every alternative above the null")
        require(min(self.mixture_act, self.cusum_act) > 1, "what acts is above 1: 1 is what no evidence at all gives")
        require(min(self.errors_min, self.devices_min) >= 1, "errors_min and devices_min are at least 1")


class Tally(msgspec.Struct, frozen=True):
    """What a detector has seen, without the devices it saw: the part that a judgement needs.

    `good`, `errors`: records that count; `repeats`: errors of bursts, which do not. `devices`: different devices with
    errors, counted up to the test's minimum. `second`: the last one with a record, since 1970. `cusum`: log mean exp(s)
    now. `mixture_peak`, `cusum_peak`: the highest log E and log mean exp(s) at the end of any second at which there
    were enough errors and devices, 0 before: an alarm stands until the epoch ends, however seldom somebody looks.
    """

    good: Count = 0
    errors: Count = 0
    repeats: Count = 0
    devices: Count = 0
    second: int | None = None
    cusum: Number = 0.0
    mixture_peak: Number = 0.0
    cusum_peak: Number = 0.0


class Detector(msgspec.Struct, frozen=True):
    """Both detectors after the seconds up to `fed`. A value: JSON keeps it over a restart of its owner, bit for bit.

    One per path and kind, begun anew at each epoch (`Detector(test=…)`), and after a shared cause. A changed policy
    counts from then on, too: the test is part of the value. The device of an error is any text that stands for it.
    `sums`: s per alternative; `suspects`, `suspected`: devices (up to the minimum) and errors since all sums were 0;
    `recent`: device → second of its last error that counted, as long as a burst may go on.
    """

    test: SequentialTest
    fed: int | None = None
    tally: Tally = Tally()
    devices: tuple[str, ...] = ()
    sums: tuple[float, ...] = ()
    suspects: tuple[str, ...] = ()
    suspected: int = 0
    recent: dict[str, int] = {}


def add(detector: Detector, *, second: int, good: int, failed: Failed) -> Detector:
    """`detector` after one second more: `good` records without error, and the errors.

    The order inside a second is not known. Both detectors are looked at when it ends: E does not depend on the order,
    and of all orders the sums take the one that ends lowest, errors first: s = max(0, s + the ratio of the second).
    Good records first would pile the errors up: at 5,000 records/s and 1 % that is 50 in a row, a false alarm.
    Seconds come in order, each at most once; empty ones may be left out. Raises ValueError else.
    """
    if detector.fed is not None and second <= detector.fed:
        raise ValueError(f"second {second} after {detector.fed}: each comes once, in order")
    if good < 0:
        raise ValueError(f"{good} good records: they are counted from 0")
    test, old = detector.test, detector.tally
    recent, counted, events = _bursts(detector, second=second, failed=failed)
    ratios = steps(test.null, test.alternatives)
    before = detector.sums or (0.0,) * len(ratios)
    sums = tuple([max(0.0, s + events * hit + good * miss) for s, (hit, miss) in zip(before, ratios, strict=True)])
    devices = _known(detector.devices, counted, test.devices_min)
    begun = any(sums)
    suspects = _known(detector.suspects, counted, test.devices_min) if begun else ()
    suspected = detector.suspected + events if begun else 0
    errors = old.errors + events
    mixture_peak, cusum = old.mixture_peak, log_mean_exp(sums) if begun else 0.0
    # Good records only lower E.
    if events and errors >= test.errors_min and len(devices) >= test.devices_min:
        mixture = log_mixture(events=errors, others=old.good + good, null=test.null, alternatives=test.alternatives)
        mixture_peak = max(mixture_peak or 0.0, mixture)
    blamed = suspected >= test.errors_min and len(suspects) >= test.devices_min
    tally = Tally(
        good=old.good + good,
        errors=errors,
        repeats=old.repeats + failed.total - events,
        devices=len(devices),
        second=second if good or failed.total else old.second,
        cusum=cusum,
        mixture_peak=mixture_peak,
        cusum_peak=max(old.cusum_peak or 0.0, cusum) if blamed else old.cusum_peak,
    )
    return Detector(test, second, tally, devices, sums, suspects, suspected, recent)


def feed(detector: Detector, *, seconds: Iterable[tuple[int, int, Failed]]) -> Detector:
    """`detector` after `seconds`, each (second, good records, errors)."""
    for second, good, failed in seconds:
        detector = add(detector, second=second, good=good, failed=failed)
    return detector


def _bursts(detector: Detector, *, second: int, failed: Failed) -> tuple[dict[str, int], list[str], int]:
    """The devices whose bursts go on, those that count now, and how many errors do."""
    # Leftmost first: no other choice of errors that lie burst_s apart has more of them, so a device that goes on
    # failing counts again every burst_s, and one error more never makes the others count less.
    burst_s = detector.test.burst_s
    recent = {device: at for device, at in detector.recent.items() if second - at < burst_s}
    counted = [device for device in failed.devices if device not in recent]
    events = len(counted) if burst_s else sum(failed.devices.values())
    if burst_s:
        recent |= dict.fromkeys(counted, second)
    # One that nobody knows stands for itself, and as many as a test asks for are enough to name.
    unknown = [f"{second}:{number}" for number in range(min(failed.others, detector.test.devices_min))]
    return recent, counted + unknown, events + failed.others


def _known(known: tuple[str, ...], devices: Sequence[str], most: int) -> tuple[str, ...]:
    if len(known) >= most or not devices:
        return known
    return tuple(dict.fromkeys((*known, *devices)))[:most]

"""Compares what the devices of a run meant, and the server accepted, with what the tables hold."""

from collections.abc import Iterator, Sequence

from ingest.simulator.comparison import clockless, devices, events, health, letters, strangers
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.letters import Letters
from ingest.simulator.comparison.values import local
from ingest.simulator.dialects import DEVICE, EVENT, HEALTH
from ingest.simulator.fleet import Fleet
from ingest.simulator.spoiling import NO_SERIALS
from ingest.simulator.wearer import Wearer

CHUNK = 20_000  # records compared at once
EARLIER_S = 300  # how far the clock of the server may be behind

__all__ = ["Findings", "compare"]


def compare(fleet: Fleet, *, in_order: frozenset[str] = frozenset()) -> Findings:
    """Compare every record of `fleet` with the database, once the streams are empty.

    `in_order`: the kinds that were on the legacy path alone, which stores in the order of arrival.
    """
    findings = Findings()
    nameless: list[Wearer] = []
    for wearers in _chunks(fleet):
        buried = Letters(letters.of_serials(wearer.serial for wearer in wearers), findings)
        timed = [wearer for wearer in wearers if wearer.has_clock]
        carried = health.compare(timed, buried, findings, in_order=HEALTH in in_order)
        clockless.compare(wearers, findings)
        devices.compare(timed, buried, findings, in_order=DEVICE in in_order)
        events.compare(timed, carried, buried, findings, in_order=EVENT in in_order)
        _tick_off(wearers, buried, findings, with_serial=True)
        buried.rest()
        nameless += [w for w in wearers if any(fault.device_sn in NO_SERIALS for fault in w.known_faults)]
    _compare_nameless(fleet, nameless, findings)
    strangers.compare(fleet.prefix, {wearer.serial for wearer in fleet.wearers}, findings)
    return findings


def _tick_off(wearers: Sequence[Wearer], buried: Letters, findings: Findings, *, with_serial: bool) -> None:
    for wearer in wearers:
        for number, fault in enumerate(wearer.known_faults):
            if not wearer.faults.was_sent(number) or (fault.device_sn not in NO_SERIALS) != with_serial:
                continue
            accepted = wearer.faults.was_accepted(number)
            if not buried.fault(fault, accepted=accepted) and accepted:
                findings.is_missing(f"dead letter {fault.kind} {fault.device_sn} ({fault.reason})")


def _compare_nameless(fleet: Fleet, wearers: Sequence[Wearer], findings: Findings) -> None:
    """Impossible records without a serial: a mark in their payload tells whose they are."""
    found = letters.without_serial(fleet.prefix.encode(), since=local(fleet.started - EARLIER_S))
    buried = Letters(found, findings)
    _tick_off(wearers, buried, findings, with_serial=False)
    buried.rest()


def _chunks(fleet: Fleet) -> Iterator[list[Wearer]]:
    chunk: list[Wearer] = []
    size = 0
    for wearer in fleet.wearers:
        chunk.append(wearer)
        size += 10 + len(wearer.readings) + len(wearer.states) + len(wearer.events)
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk

"""Which web processes still route by older epochs: a share counts once all of them go by it."""

from collections.abc import Mapping, Sequence

from monitoring import processes
from monitoring.processes import Report
from rollout import override

# A process tells once a second, later when the database is slow: one that is silent for so long is taken for gone.
GONE_S = 15.0
FACT = "epochs"


def web() -> list[Report]:
    """The live web processes. Raises django.db.Error: what nobody could ask is not known."""
    return processes.live(within=GONE_S, role=processes.Role.WEB)


def unconfirmed(epochs: Mapping[str, int]) -> list[str]:
    """`lagging` of the web processes that live now. Raises as `web`: what nobody could ask is not confirmed."""
    return lagging(web(), epochs)


def lagging(reports: Sequence[Report], epochs: Mapping[str, int]) -> list[str]:
    """The names of those that do not route by `epochs` (kind to epoch) or later ones yet, a process that does not say
    included.

    A process is live until it has said that it ends, or has been silent for 15 s. One that was stopped for longer and
    goes on routes by the old share until its routes are read again, half a second at most; one that reaches Redis but
    not the database routes by it as long as that lasts (the override file is the way to tell it).
    """
    return [report.name for report in reports if not _goes_by(report.facts.get(FACT), epochs)]


def forced(reports: Sequence[Report]) -> list[str]:
    """The names of those whose share is forced, by a file or a variable of their own host."""
    return [report.name for report in reports if report.facts.get(override.FACT) is not None]


def witnesses() -> int:
    """How many web processes there are to confirm anything. Raises as `web`."""
    return len(web())


def _goes_by(told: object, epochs: Mapping[str, int]) -> bool:
    if not isinstance(told, dict):
        return False
    return all(isinstance(told.get(kind), int) and told[kind] >= epoch for kind, epoch in epochs.items())

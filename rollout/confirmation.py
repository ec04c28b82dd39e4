"""Which web processes still route by older epochs: a share counts once all of them go by it."""

from collections.abc import Mapping

from monitoring import processes
from rollout import override

# A process tells once a second, later when the database is slow: one that is silent for so long is taken for gone.
GONE_S = 15.0
FACT = "epochs"


def unconfirmed(epochs: Mapping[str, int]) -> list[str]:
    """The names of the live web processes that do not route by `epochs` (kind to epoch) or later ones yet, a process
    that does not say included. Raises django.db.Error: what nobody could ask is not confirmed.

    A process is live until it has said that it ends, or has been silent for 15 s. One that was stopped for longer and
    goes on routes by the old share until its routes are read again, half a second at most; one that reaches Redis but
    not the database routes by it as long as that lasts (the override file is the way to tell it).
    """
    return [
        report.name
        for report in processes.live(within=GONE_S, role=processes.Role.WEB)
        if not _goes_by(report.facts.get(FACT), epochs)
    ]


def forced() -> list[str]:
    """The names of the live web processes whose share is forced, by a file or a variable of their own host. Raises
    django.db.Error."""
    return [
        report.name
        for report in processes.live(within=GONE_S, role=processes.Role.WEB)
        if report.facts.get(override.FACT) is not None
    ]


def witnesses() -> int:
    """How many web processes there are to confirm anything. Raises django.db.Error."""
    return len(processes.live(within=GONE_S, role=processes.Role.WEB))


def _goes_by(told: object, epochs: Mapping[str, int]) -> bool:
    if not isinstance(told, dict):
        return False
    return all(isinstance(told.get(kind), int) and told[kind] >= epoch for kind, epoch in epochs.items())

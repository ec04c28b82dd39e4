"""A rollback and its preview in words, and as data for machines."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.models import Rollback
from rollout.rollback import facts
from rollout.rollback.capacity import Headroom
from rollout.rollback.previewing import Move, Preview
from rollout.rollback.said import sentence

TIMES = ("requested_at", "lowered_at", "effective_at", "drained_at", "verified_at")


def data(rollback: Rollback) -> dict[str, Any]:
    """Everything of a rollback that a machine may want."""
    times = {name: getattr(rollback, name) for name in TIMES}
    return {
        "id": rollback.pk,
        "strategy": rollback.strategy,
        "kinds": rollback.kinds,
        "before": rollback.before,
        "target": str(rollback.target),
        "status": rollback.status,
        "plan": rollback.plan_id,
        **{name: moment and moment.isoformat() for name, moment in times.items()},
        "in_stream": rollback.in_stream,
        "facts": rollback.facts,
        "outcome": rollback.outcome,
    }


def text(rollback: Rollback) -> str:
    """A rollback in a few lines: what moved, when it was so far, what came of it."""
    before = ", ".join(f"{kind} {share} %" for kind, share in rollback.before.items())
    times = (
        (_("asked"), rollback.requested_at),
        (_("lowered"), rollback.lowered_at),
        (_("effective"), rollback.effective_at),
        (_("drained"), rollback.drained_at),
        (_("verified"), rollback.verified_at),
    )
    lines = [
        f"{rollback.pk}: {rollback.get_strategy_display()}, {before} → {rollback.target} %",
        *(f"  {name} {_moment(moment, rollback.requested_at)}" for name, moment in times),
    ]
    if rollback.in_stream is not None:
        lines.append("  " + _("entries in the stream: %d") % rollback.in_stream)
    told = said(rollback.facts, rollback.outcome)
    return "\n".join([*lines, f"  {rollback.get_status_display()}{': ' + told if told else ''}"])


def said(stored: dict[str, Any], outcome: str) -> str:
    """What came of a rollback or what it waits for, in the language of the reader, by its facts as they are kept. An
    `outcome` that these do not hold is told as it stands."""
    held = facts.read(stored)
    if outcome:
        return sentence(held.found) or outcome
    return sentence(held.waits)


def preview_data(found: Preview) -> dict[str, Any]:
    """A preview for machines."""
    return {
        "asked": found.asked,
        "strategy": found.strategy,
        "moves": [
            {
                "kind": move.kind,
                "from": str(move.share),
                "to": str(move.to),
                "through": [str(share) for share in move.through],
                "devices": move.devices,
            }
            for move in found.moves
        ],
        "headroom": {name: getattr(found.headroom, name) for name in found.headroom.__struct_fields__},
        "plan": found.plan and found.plan.pk,
    }


def preview_text(found: Preview) -> str:
    """What would move, and whether the legacy path can carry it."""
    lines = [_move(move) for move in found.moves if move.share != move.to] or [_("Nothing to lower.")]
    if found.plan is not None:
        lines.append(_('The plan "%s" ends.') % found.plan.name)
    lines.append(headroom(found.headroom))
    if found.strategy != found.asked:
        lines.append(_("It would go down in steps; --force goes at once."))
    return "\n".join(lines)


def headroom(room: Headroom) -> str:
    """Whether the legacy path can carry what comes back to it, with what is known of it."""
    if room.after is None:
        return _("Whether the legacy path can carry it is unknown: nothing was counted in the last two minutes.")
    facts = {
        "after": f"{room.after:g}",
        "carried": "–" if room.carried is None else f"{room.carried:g}",
        "measured": "–" if room.measured is None else f"{room.measured:g}",
    }
    verdict = {
        True: _("The legacy path can carry it"),
        False: _("The legacy path can NOT carry it"),
        None: _("Whether the legacy path can carry it is unknown"),
    }[room.fits]
    numbers = _("%(after)s records/s then; it carried %(carried)s in the last day, measured: %(measured)s") % facts
    return f"{verdict}: {numbers}."


def _move(move: Move) -> str:
    path = " → ".join(f"{share} %" for share in (move.share, *move.through, move.to))
    many = _("unknown how many devices") if move.devices is None else _("about %d devices") % move.devices
    return f"{move.kind}: {path} ({many})"


def _moment(moment: datetime | None, asked: datetime) -> str:
    if moment is None:
        return "–"
    after = (moment - asked).total_seconds()
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" + (f" (+{after:.1f} s)" if after > 0 else "")

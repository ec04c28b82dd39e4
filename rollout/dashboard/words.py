"""The words that the page's script needs, in the language in force."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """By name; `{…}` is filled in by the script."""
    return {
        "live": _("live"),
        "connecting": _("connecting"),
        "polling": _("no live connection: asked every 2 s"),
        "paused": _("paused while hidden"),
        "lost": _("no connection: values are {age} s old"),
        "stale": _("values are {age} s old"),
        "lacks": _("You lack the permission {needs}."),
        "moves": _("{kind}: {from} → {to}, about {moved} of {total} devices"),
        "moves_unknown": _("{kind}: {from} → {to} (how many devices that is, nothing here can tell)"),
        "moves_nothing": _("{kind}: stays at {from}"),
        "done": _("Done."),
        "failed": _("Not done: {why}"),
        "unreachable": _("Not done: the server does not answer."),
        "sending": _("Sending…"),
        "every_kind": _("every kind"),
        "no_history": _("Nothing is kept for this time yet."),
        "loading": _("Loading…"),
        "history_failed": _("The history can not be read: {why}"),
        "time": _("time"),
        "hold": _("hold"),
        "act": _("act"),
        "change": _("{time} {kind}: {from} % → {to} %, {actor}: {reason}"),
        "uploads:legacy": _("legacy"),
        "uploads:stream": _("stream"),
        "p50:legacy": _("legacy p50"),
        "p99:legacy": _("legacy p99"),
        "p50:stream": _("stream p50"),
        "p99:stream": _("stream p99"),
        "errors:legacy": _("legacy"),
        "errors:stream": _("stream"),
        "consumers": _("consumers alive"),
        "cpu": _("CPU"),
        "memory": _("memory"),
        "redis": _("Redis memory"),
    }


def charts() -> list[tuple[str, str]]:
    """The charts in their order, with their titles."""
    return [
        ("uploads", _("Uploads/s by path")),
        ("latency", _("Upload time, p50 and p99")),
        ("errors", _("Error rate by path")),
        ("backlog", _("Backlog by kind")),
        ("age", _("Age of the oldest entry")),
        ("consumers", _("Consumers")),
        ("machine", _("CPU and memory")),
        ("consistency", _("Consistency")),
    ]

"""One sentence of truth: how much is on the stream, where the plan stands, how it goes, what comes next."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from monitoring.alerts import registry
from monitoring.live import Document
from monitoring.models import Alert, Severity
from rollout.controller import codes
from rollout.dashboard import numbers
from rollout.live.judged import fresh
from rollout.models import Plan, Rollback

SEPARATOR = " · "
# Reasons that say less than the rest of the sentence.
TOLD_ALREADY = {codes.INTERVAL}
MOST_BLOCKS = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` for the eye; `state`, the same without what ticks, for the ear. `level`: good, hold, bad or unknown."""

    text: str
    state: str
    level: str


def sentence(document: Document) -> Sentence:
    """The sentence, in the language in force."""
    health, level = _health(document)
    lasting = [
        part for part in (_share(document), _override(document), _back(document), _plan(document), health) if part
    ]
    text = SEPARATOR.join([*lasting, *filter(None, [_next(document)])])
    return Sentence(text, SEPARATOR.join(lasting), level)


def _share(document: Document) -> str:
    routes = document.get("traffic")
    if routes is None:
        return _("it is not known how many devices are on the stream")
    shares = {kind: route["percentage"] for kind, route in routes.items()}
    if len(set(shares.values())) == 1:
        return _("%s of devices on the stream") % numbers.percent(next(iter(shares.values())))
    return _("on the stream: %s") % ", ".join(f"{kind} {numbers.percent(share)}" for kind, share in shares.items())


def _override(document: Document) -> str:
    forced = document.get("override")
    return _("an override forces %s") % numbers.percent(float(forced["percentage"])) if forced else ""


def _back(document: Document) -> str:
    row = document.get("rollback")
    return _("rolling back: %s") % Rollback.Status(row["status"]).label if row else ""


def _plan(document: Document) -> str:
    plan = document.get("plan")
    if plan is None:
        drawn_up = document.get("drawn_up")
        if drawn_up is None:
            return _("no plan is active")
        words = {"name": drawn_up["name"], "status": Plan.Status(drawn_up["status"]).label}
        return _("no plan is active; “%(name)s” is %(status)s") % words
    words = {"name": plan["name"], "at": plan["current_step"] or 0, "count": len(plan["steps"])}
    text = _("plan “%(name)s” step %(at)d of %(count)d") % words if words["at"] else _("plan “%s”") % plan["name"]
    status = Plan.Status(plan["status"])
    return text if status is Plan.Status.RUNNING else f"{text}, {status.label}"


def _health(document: Document) -> tuple[str, str]:
    alarms = document.get("alarms")
    if document.get("controller") is None and "controller" not in document.get("unknown", {}):
        return _("no controller leads: nothing is judged"), "bad"
    if alarms:
        names = ", ".join(alarm["name"] for alarm in alarms[:3])
        return _("%(count)d alarms: %(names)s") % {"count": len(alarms), "names": names}, "bad"
    judged = fresh(document)
    critical = _critical(document)
    if critical and (judged is None or judged["verdict"] != "act"):
        names = ", ".join(critical[:3])
        return _("%(count)d critical alerts: %(names)s") % {"count": len(critical), "names": names}, "bad"
    if judged is None:
        return _("not judged"), "unknown"
    return {
        "pass": (_("healthy"), "good"),
        "hold": (_("holding"), "hold"),
        "no_data": (_("no data"), "unknown"),
        "act": (_("guardrails act"), "bad"),
    }[judged["verdict"]]


def _critical(document: Document) -> list[str]:
    """What fires and is critical. An event says what has happened, not how it goes."""
    return [
        alert["name"]
        for alert in (document.get("alerts") or {}).get("shown", ())
        if alert["severity"] == Severity.CRITICAL
        and alert["state"] != Alert.State.PENDING
        and not registry.happens(alert["rule"])
    ]


def _next(document: Document) -> str:
    plan = document.get("plan")
    if plan is None:
        return ""
    following, parts = plan.get("next_step"), []
    if following and following["in_s"]:
        parts.append(_("next step in %s") % numbers.minutes(following["in_s"]))
    blocked = [block(code, document) for code in plan["blocked_by"] if code not in TOLD_ALREADY]
    if blocked:
        parts.append(_("blocked by: %s") % ", ".join(blocked[:MOST_BLOCKS]))
    if len(blocked) > MOST_BLOCKS:
        parts.append(_("and %d more reasons") % (len(blocked) - MOST_BLOCKS))
    if not blocked and following and following["in_s"] == 0.0:
        parts.append(_("next step when a person advances it") if following["needs"] == "person" else _("next step now"))
    return ", ".join(parts)


def block(code: str, document: Document) -> str:
    """A reason not to go on, with the sample when that is what lacks."""
    text = codes.text(code)
    metric, _separator, rest = code.partition(":")
    why, _separator, of = rest.partition(":")
    if why == "too_few":
        for finding in (fresh(document) or {}).get("findings", ()):
            if finding["metric"] == metric and of in {finding["kind"] or finding["path"] or ""}:
                return f"{text} ({_('%(have)d of %(need)d') % {'have': finding['sample'], 'need': finding['needed']}})"
    return text

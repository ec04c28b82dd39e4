"""Why a plan does not go on, as codes that are kept, and the words for them."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout.checklists.words import words
from rollout.guardrails.judgement import Block

OVERRIDE, PAUSED, EPOCH, INTERVAL = "override", "paused", "epoch", "interval"
ALARMS, ALERTS, FREEZE, PERSON, APPROVAL = "alarms", "alerts", "freeze", "person", "approval"
NOT_READY, MOVED = "not_ready", "moved"

WORDS: dict[str, str | Promise] = {
    OVERRIDE: gettext_lazy("an override is in force"),
    PAUSED: gettext_lazy("the plan is paused"),
    EPOCH: gettext_lazy("not every process uses the new share yet"),
    INTERVAL: gettext_lazy("the observation is not over"),
    ALARMS: gettext_lazy("alarms are standing"),
    ALERTS: gettext_lazy("critical alerts are firing"),
    FREEZE: gettext_lazy("no share is raised at this hour"),
    PERSON: gettext_lazy("a person must advance it"),
    APPROVAL: gettext_lazy("nobody has approved the plan as it is now"),
    NOT_READY: gettext_lazy("the pre-flight found something"),
    MOVED: gettext_lazy("the share is not what the plan has set"),
}
METRICS: dict[str, str | Promise] = {
    "errors": gettext_lazy("error rate"),
    "consistency": gettext_lazy("consistency"),
    "backlog": gettext_lazy("backlog"),
    "age": gettext_lazy("age of the oldest entry"),
    "cpu": gettext_lazy("CPU"),
    "accept": gettext_lazy("p99 of accept"),
    "memory": gettext_lazy("Redis memory"),
    "lost": gettext_lazy("entries lost"),
    "heartbeat": gettext_lazy("heartbeat of the controller"),
}
CODES: dict[str, str | Promise] = {
    "missing": gettext_lazy("no data"),
    "stale": gettext_lazy("data too old"),
    "quiet": gettext_lazy("no data for long"),
    "too_few": gettext_lazy("too few samples"),
    "epoch": gettext_lazy("observation not begun"),
    "mixture": gettext_lazy("proven by all records of the step"),
    "restarting": gettext_lazy("proven by the newest records"),
    "unproven": gettext_lazy("not proven yet"),
    "unverified": gettext_lazy("a stretch that nobody can verify"),
    "few_devices": gettext_lazy("by too few devices"),
    "shared_cause": gettext_lazy("the legacy path is as bad"),
    "propose_repair": gettext_lazy("repair is proposed"),
    "wait_for_effect": gettext_lazy("consumers were just added"),
    "draining": gettext_lazy("it is draining"),
    "no_effect": gettext_lazy("more consumers bring nothing"),
    "no_more_consumers": gettext_lazy("no more consumers can be added"),
    "consumers_missing": gettext_lazy("consumers are missing"),
    "wrong_policy": gettext_lazy("Redis may evict entries"),
    "page": gettext_lazy("wake somebody"),
    "recovering": gettext_lazy("recovering"),
    "withheld": gettext_lazy("changed a moment ago"),
    "needs_person": gettext_lazy("a person must decide"),
}


def of_block(block: Block) -> str:
    """A guardrail's reason as a code: `metric:code:kind or path`, what is not known empty."""
    return ":".join((block.metric or block.stage.value, block.code or "", block.kind or block.path or ""))


def text(code: str) -> str:
    """The words for a code, in the language of the reader."""
    if code in WORDS:
        return str(WORDS[code])
    head, _separator, rest = code.partition(":")
    if head == NOT_READY:
        (rest,) = words([rest])
    if head in (NOT_READY, ALARMS, ALERTS, MOVED):
        return f"{WORDS[head]}: {rest}"
    why, _separator, of = rest.partition(":")
    subject = str(METRICS.get(head, WORDS.get(head, head)))
    about = f" ({of})" if of else ""
    return _("%(subject)s%(about)s: %(why)s") % {
        "subject": subject,
        "about": about,
        "why": str(CODES[why]) if why in CODES else _("over its threshold"),
    }

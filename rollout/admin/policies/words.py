"""How the thresholds are called, in which unit, and what they do."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
Path = tuple[str, ...]

PERCENT: Text = "%"
SECONDS: Text = "s"
ENTRIES = _("entries")

# The metric and the unit of its thresholds, in the order of the form.
GROUPS: dict[str, tuple[Text, Text]] = {
    "errors": (_("Error rate of the stream path"), PERCENT),
    "consistency": (_("Consistency"), PERCENT),
    "backlog": (_("Backlog"), ENTRIES),
    "consumers": (_("Consumers that were added"), PERCENT),
    "age": (_("Age of the oldest unacknowledged entry"), SECONDS),
    "cpu": (_("CPU of the machine"), PERCENT),
    "accept": (_("p99 of accept"), SECONDS),
    "memory": (_("Redis memory"), PERCENT),
    "heartbeat": (_("Heartbeat of the controller"), SECONDS),
    "flapping": (_("Flapping"), SECONDS),
    "": (_("All metrics"), SECONDS),
}


@dataclass(frozen=True, slots=True)
class Word:
    """`unit`: None for that of the group."""

    label: Text
    help: Text
    unit: Text | None = ""


LIMITS: dict[str, Word] = {
    "hold": Word(_("hold from"), _("Beyond it a plan does not advance."), None),
    "act": Word(_("act from"), _("Beyond it the action below is taken."), None),
    "action": Word(_("action"), _("What is done when the metric acts.")),
    "fresh_s": Word(_("fresh for"), _("Older evidence is no data."), SECONDS),
    "samples": Word(_("samples"), _("So many in a row must agree.")),
    "spacing_s": Word(_("spacing"), _("Time between two samples."), SECONDS),
    "null": Word(_("act from"), _("The rate that the sequential test is against."), PERCENT),
    "alternatives": Word(
        _("alternatives"), _("Rates that the test looks for, as numbers between 0 and 1, separated by commas.")
    ),
    "mixture_act": Word(_("evidence to act"), _("E of the mixture; 20 is at most 5 % false alarms, ever.")),
    "cusum_act": Word(_("evidence to act, of late"), _("The same for the restarting detector.")),
    "errors_min": Word(_("least errors"), _("Fewer never act.")),
    "devices_min": Word(_("least devices with errors"), _("Fewer never act: one broken device is no reason.")),
    "burst_s": Word(_("burst"), _("Errors of one device within it count once."), SECONDS),
    "good_min": Word(_("least good records"), _("Fewer are no data: 300 without an error bound the rate to 1 %.")),
    "shared_window_s": Word(
        _("window of a shared cause"), _("If the legacy path is as bad in it, pause instead."), SECONDS
    ),
    "shared_part": Word(
        _("part of a shared cause"), _("From this part of the stream's error rate the legacy path is as bad."), PERCENT
    ),
    "proof": Word(_("evidence to pass"), _("E of the test that the paths agree.")),
    "mismatches_min": Word(_("least mismatches"), _("Fewer never act.")),
    "requests_min": Word(_("least requests"), _("Fewer are no data.")),
    "effect_s": Word(_("time to take effect"), _("Then more consumers brought nothing and the plan pauses."), SECONDS),
    "effect_part": Word(_("effect"), _("The part of the backlog that must be gone by then."), PERCENT),
    "round_s": Word(_("round"), _("Time between two rounds of the controller."), SECONDS),
    "missed": Word(_("missed rounds"), _("So many page a person.")),
    "interval_s": Word(_("interval"), _("At most one automatic change for a metric in it."), SECONDS),
    "clean_windows": Word(_("clean windows"), _("So many in a row let a metric pass again.")),
    "window_s": Word(_("window"), _("Length of one clean window."), SECONDS),
    "memory_roll_back": Word(_("roll back from, Redis memory"), _("Beyond it the plan rolls back."), PERCENT),
    "lost_action": Word(_("action for lost entries"), _("For any entry trimmed or evicted unread.")),
    "lost_fresh_s": Word(_("look for lost entries is fresh for"), _("An older one is no data."), SECONDS),
    "quiet_s": Word(_("no data for"), _("So long without fresh evidence above 0 % pauses the plan."), SECONDS),
}  # fmt: skip


def word(path: Path) -> Word:
    """The words of one threshold; one that has none is called by its name."""
    found = LIMITS.get(path[-1])
    if found is None:
        return Word(".".join(path), "")
    unit = GROUPS.get(group(path), ("", ""))[1] if found.unit is None else found.unit
    return Word(found.label, found.help, unit)


def group(path: Path) -> str:
    """The metric of a threshold; empty for those of all."""
    return path[0] if len(path) > 1 else ""

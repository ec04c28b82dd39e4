"""Why a finding is as it is: codes that whoever shows them puts into words."""

from enum import StrEnum


class Code(StrEnum):
    """A reason. A finding may have several, the weightiest first."""

    MISSING = "missing"  # nobody answered, or what was answered is no number
    STALE = "stale"  # older than the metric's freshness limit, or from the future
    QUIET = "quiet"  # missing or stale for so long above 0 % that the plan pauses
    TOO_FEW = "too_few"  # measured, but not often enough
    EPOCH = "epoch"  # not all processes have confirmed the epoch: its observation has not begun
    MIXTURE = "mixture"  # the test over everything since the epoch acts
    RESTARTING = "restarting"  # the restarting detector acts: the errors began of late
    UNPROVEN = "unproven"  # beyond the threshold, or within it, but it may be chance
    UNVERIFIED = "unverified"  # a stretch of the stream can not be compared any more
    FEW_DEVICES = "few_devices"  # beyond the threshold, but by too few errors or devices to blame the path
    SHARED_CAUSE = "shared_cause"  # the legacy path is as bad: rolling back would not help
    PROPOSE_REPAIR = "propose_repair"
    WAIT_FOR_EFFECT = "wait_for_effect"  # consumers were added a moment ago
    DRAINING = "draining"  # the consumers that were added bring something
    NO_EFFECT = "no_effect"  # the consumers that were added bring nothing
    NO_MORE_CONSUMERS = "no_more_consumers"  # there are as many as there may be, or it is not known
    CONSUMERS_MISSING = "consumers_missing"  # not all that should run do: more would not either
    WRONG_POLICY = "wrong_policy"  # Redis may evict entries
    PAGE = "page"  # a person should be woken
    RECOVERING = "recovering"  # clean, but not yet often enough after an automatic change
    WITHHELD = "withheld"  # an automatic change for this metric was made a moment ago
    NEEDS_PERSON = "needs_person"  # after an automatic rollback a person decides

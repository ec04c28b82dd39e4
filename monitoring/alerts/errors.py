"""What can not be done with an alert or a channel."""


class NotFiring(Exception):
    """Raised when an alert that does not fire is to be acknowledged: it is over, not yet sure, or somebody is at it."""


class NotSent(Exception):
    """Raised when a test message is not sent now: the channel is sending, or its limit is reached."""

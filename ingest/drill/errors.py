"""Why a drill does not take place, or ends early."""


class DrillError(Exception):
    """The family of what keeps a drill from its end; what it had changed is put back."""


class NoSystem(DrillError):
    """Raised when this is not the embedded system, or a part of it is not there. Nothing was changed."""


class Busy(DrillError):
    """Raised when something is under way that a drill would disturb, or the system does not let its plan start."""


class Stuck(DrillError):
    """Raised when the system does not get where the drill has to go on from."""


class Interrupted(DrillError):
    """Raised when somebody has asked the drill to end."""

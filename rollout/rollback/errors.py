"""Why a way back is refused."""


class RollbackRefused(Exception):
    """Raised when what was asked for is no way back: an unknown strategy or kind, or no percentage to go to. Nothing
    was changed. A lowering is never refused for what it moves: what the legacy path can not carry goes in steps."""

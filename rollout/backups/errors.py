"""Why a backup is none, or is not put back."""


class BackupError(Exception):
    """The family of what goes wrong with backups."""


class DumpFailed(BackupError):
    """Raised when the database could not be dumped, with what the program said."""


class Damaged(BackupError):
    """Raised when a backup is not what was written: a byte, a count, a file or a line differs."""


class RestoreRefused(BackupError):
    """Raised when a backup is not put back; nothing was changed."""

"""`manage.py doctor`, as a test calls it."""

import io
from typing import Any

from django.core.management import call_command


def doctor(*args: str) -> tuple[Any, str]:
    """The exit code and output of the command."""
    output = io.StringIO()
    code: Any = 0
    try:
        call_command("doctor", *args, stdout=output)
    except SystemExit as stopped:
        code = stopped.code
    return code, output.getvalue()

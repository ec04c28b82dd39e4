#!/usr/bin/env python
"""Django's command line for ljwx: `manage.py help` lists the commands."""

import os
import select
import sys
from collections.abc import Sequence

# As a shell tells it of the programs that the signal ends.
ENDED_BY_SIGPIPE = 128 + 13


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")
    if not is_text(sys.argv):
        sys.stderr.write("manage.py takes arguments in UTF-8\n")
        sys.exit(2)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        try:
            execute_from_command_line(sys.argv)
        finally:
            sys.stdout.flush()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(3)
    except BrokenPipeError:
        if is_read(sys.stdout.fileno()):
            raise
        # `manage.py ledger | head`: the reader has seen enough. Nothing may be flushed into the closed pipe at exit:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ENDED_BY_SIGPIPE)


def is_text(words: Sequence[str]) -> bool:
    """False when bytes of `words` are no UTF-8: Python keeps those as lone surrogates, which can be written nowhere."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_read(descriptor: int) -> bool:
    """False when `descriptor` writes to a pipe that nobody reads any more."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return not any(event & select.POLLERR for _descriptor, event in poll.poll(0))


if __name__ == "__main__":
    main()

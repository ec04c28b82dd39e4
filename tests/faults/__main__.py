"""`python -m tests.faults`, or `bench/faults`, which installs first. The last line is one JSON object."""

import signal
import sys
from collections.abc import Sequence

from tests import servers
from tests.faults import options, setting


def main(words: Sequence[str]) -> int:
    """The exit code: 0 when every trial is clean, 1 when one is not, 3 when a server is missing."""
    chosen = options.parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with setting.running() as scene:
            from tests.faults.programme import run  # Django is set up now

            return run(scene, chosen)
    except servers.Missing as error:
        sys.stderr.write(f"{error}\n")
        return 3
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

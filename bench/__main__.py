"""`python -m bench [SCENARIO]...`, or `bench/run`, which installs first. The last line is one JSON object."""

import signal
import sys
from collections.abc import Sequence

from bench import options, setting
from bench.tree import Failed
from tests import servers


def main(words: Sequence[str]) -> int:
    """The exit code: 0, 1 when a reading was lost or something broke, 3 when a server is missing."""
    chosen = options.parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with setting.running() as folder:
            from bench.programme import play  # Django is set up now

            return play(chosen, folder)
    except servers.Missing as error:
        print(error, file=sys.stderr)
        return 3
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""manage.py as a real child process of a test."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent


class Managed(subprocess.Popen[bytes]):
    """`manage.py ARGS` in a session of its own, with the test's database and Redis; its output goes to `log`."""

    def __init__(self, *args: str, log: Path, env: dict[str, str]) -> None:
        self.log = log
        with log.open("wb") as output:
            super().__init__(
                [sys.executable, str(ROOT / "manage.py"), *args],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        """What it has printed by now, warnings included."""
        return self.log.read_text(encoding="utf-8")


def environment(database: dict[str, object]) -> dict[str, str]:
    """What a child needs to meet the test's own servers. `database` is the settings_dict of the test's connection."""
    url = os.environ["LJWX_DATABASE_URL"]
    if url:
        before, _slash, query = url.rpartition("/ljwx?")
        url = f"{before}/{database['NAME']}?{query}"
    else:
        url = f"sqlite:///{database['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ljwx.settings",
        "LJWX_DATABASE_URL": url,
        "LJWX_REDIS_URL": settings.REDIS_URL,
    }

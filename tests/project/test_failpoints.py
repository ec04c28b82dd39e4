"""A failpoint kills its process, at the time it is told to and at no other place."""

import os
import signal
import subprocess
import sys

import pytest

from ljwx import failpoints


@pytest.mark.parametrize(("armed", "said"), [("here", ""), ("here:3", "passed\npassed\n"), ("there", "passed\n" * 4)])
def test_a_process_dies_where_and_when_it_is_told(armed: str, said: str) -> None:
    code = (
        "import django; django.setup(); from ljwx.failpoints import reach\n"
        "for _ in range(4): reach('here'); print('passed', flush=True)"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "ljwx.settings", "LJWX_FAILPOINT": armed}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == (said, 0 if armed == "there" else -signal.SIGKILL), ended.stderr


def test_nothing_is_armed_by_default() -> None:
    assert failpoints._armed == ""
    failpoints.reach("")

"""manage.py as it is used in a shell."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import management

import manage

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@pytest.mark.parametrize("words", [["help"], ["diffsettings", "--all"]], ids=["little", "much"])
def test_a_reader_that_has_seen_enough_ends_the_command_without_a_traceback(words: list[str]) -> None:
    argv = [sys.executable, str(MANAGE), *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaints = process.stderr.read()
    assert (process.returncode, complaints) == (manage.ENDED_BY_SIGPIPE, b"")


def test_a_pipe_of_the_command_itself_that_breaks_stays_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(argv: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(management, "execute_from_command_line", command)
    with pytest.raises(BrokenPipeError):
        manage.main()


def test_what_is_no_text_is_a_usage_error() -> None:
    argv = [sys.executable, str(MANAGE), "explain_route", b"\xff"]
    found = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (2, "manage.py takes arguments in UTF-8\n")

"""The guardrails are pure: what they import and call is listed here."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "rollout" / "guardrails"
ALLOWED = {"collections.abc", "enum", "functools", "math", "msgspec", "msgspec.structs", "typing"}
FORBIDDEN = {"open", "print", "input", "eval", "exec", "compile", "__import__", "globals", "breakpoint"}


def impurities(source: str) -> Iterator[str]:
    """Imports beyond the allowed ones, and built-in functions that reach outside."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [each.name for each in names]
            case ast.ImportFrom(module=module, level=0) if module:
                modules = [module]
            case ast.ImportFrom():
                modules = ["a relative import"]
            case ast.Name(id=name) if name in FORBIDDEN:
                yield name
                continue
            case _:
                continue
        yield from (each for each in modules if each not in ALLOWED and not each.startswith("rollout.guardrails."))


def test_no_module_reaches_outside() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 20
    assert {str(file): found for file in files if (found := list(impurities(file.read_text(encoding="utf-8"))))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "import django",
        "import random",
        "import time",
        "from datetime import datetime",
        "import msgspec, os",
        "from rollout.models import Route",
        "from streaming import backlog",
        "from .. import models",
        "def late():\n    import time",
        "open('/etc/hostname')",
        "__import__('time')",
    ],
)
def test_an_impurity_is_found(planted: str) -> None:
    assert list(impurities(planted))


def test_the_judge_runs_without_django_or_any_app() -> None:
    program = (
        "import sys\n"
        "from rollout.guardrails.evidence import Evidence\n"
        "from rollout.guardrails.judge import judge\n"
        "from rollout.guardrails.policy import Policy\n"
        "import rollout.guardrails.recovery\n"
        "judge(Policy(), Evidence(now=1.0))\n"
        "apps = ('django', 'ingest', 'streaming', 'monitoring', 'ljwx', 'redis', 'socket', 'random')\n"
        "print(sorted(set(apps) & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

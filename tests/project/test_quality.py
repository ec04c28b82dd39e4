"""Lint, format, types and migrations are as they should be; each is a test of its own."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
LINT = ("ruff", "check", ".")
FORMAT = ("ruff", "format", "--check", ".")
TYPES = ("mypy",)
MIGRATIONS = ("manage.py", "makemigrations", "--check", "--dry-run")


def faults(root: Path, command: Sequence[str]) -> str:
    """What `command` complains of in the project at `root`; nothing when it is content."""
    python = [sys.executable] if command[0].endswith(".py") else [sys.executable, "-m"]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "ljwx.settings"}
    run = subprocess.run([*python, *command], cwd=root, env=env, capture_output=True, text=True, check=False)
    return f"{run.stdout}{run.stderr}" if run.returncode else ""


@pytest.mark.parametrize("command", [LINT, FORMAT, TYPES, MIGRATIONS], ids=["lint", "format", "types", "migrations"])
def test_the_project_passes(command: Sequence[str]) -> None:
    assert faults(ROOT, command) == ""


def test_django_finds_nothing_wrong_with_it() -> None:
    import_module("ljwx.urls")  # brings the admin's parts, which check themselves
    call_command("check", fail_level="WARNING", stdout=io.StringIO())


@pytest.mark.parametrize(
    "command", ["streaming.management.commands.run_consumers", "rollout.management.commands.run_controller"]
)
def test_processes_that_serve_no_page_import_neither_the_admin_nor_a_web_server(command: str) -> None:
    code = (
        f"import sys, django; django.setup(); import {command}; print({{'daphne', 'rollout.admin'}} & {{*sys.modules}})"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "ljwx.settings"}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's own code, to be spoiled."""
    for name in ("ljwx", "monitoring", "streaming", "rollout", "ingest"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    # mypy knows from its cache what has not changed.
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", tmp_path / ".mypy_cache")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "file", "planted", "fault"),
    [
        (LINT, "ljwx/env.py", "import json\n", "F401"),
        (FORMAT, "ljwx/env.py", "x = { 'a':1 }\n", "env.py"),
        (TYPES, "ljwx/env.py", "wrong: int = 'text'\n", "Incompatible types"),
        (
            MIGRATIONS,
            "rollout/models/pin.py",
            "class Planted(models.Model):\n    pass\n",
            "Planted",
        ),
    ],
    ids=["lint", "format", "types", "migrations"],
)
def test_a_planted_fault_is_found(copy: Path, command: Sequence[str], file: str, planted: str, fault: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n\n{planted}")
    assert fault in faults(copy, command)

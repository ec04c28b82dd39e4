"""Every message has a Chinese and an English text, and the compiled catalogues are those of the sources."""

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("ljwx", "monitoring", "streaming", "rollout", "ingest", "templates")
LANGUAGES = ("zh_Hans", "en")


def extract(root: Path, into: Path) -> Path:
    """A catalogue of every message in the sources under `root`, extracted as makemessages does."""
    for name in SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, into / name, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (into / "locale").mkdir(parents=True)
    command = [sys.executable, "-m", "django", "makemessages", "--locale=en", "--no-wrap", "--verbosity=0"]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    run = subprocess.run(command, cwd=into, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return into / "locale" / "en" / "LC_MESSAGES" / "django.po"


def faults(catalogue: Path, wanted: Path) -> str:
    """What msgcmp says against `catalogue`: messages of `wanted` that it lacks, leaves empty, or has as fuzzy."""
    if not catalogue.exists():
        return f"{catalogue} is missing"
    run = subprocess.run(["msgcmp", catalogue, wanted], capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


def texts(compiled: Path) -> dict[object, str]:
    """Message to text, without the header."""
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {message: text for message, text in catalogue.items() if message}


@pytest.fixture(scope="session")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extract(ROOT, tmp_path_factory.mktemp("messages"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_text(messages: Path, language: str) -> None:
    assert faults(ROOT / "locale" / language / "LC_MESSAGES" / "django.po", messages) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_current_and_its_formats_fit(tmp_path: Path, language: str) -> None:
    folder = ROOT / "locale" / language / "LC_MESSAGES"
    fresh = tmp_path / "django.mo"
    command = ["msgfmt", "--check-format", "--check-header", "-o", fresh, folder / "django.po"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert texts(folder / "django.mo") == texts(fresh)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("monitoring/views.py", 'from django.utils.translation import gettext as _\n_("planted")\n'),
        ("templates/page.html", '{% load i18n %}{% translate "planted" %}'),
    ],
)
def test_a_message_without_a_text_is_found(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "root" / source).parent.mkdir(parents=True)
    (tmp_path / "root" / source).write_text(message, encoding="utf-8")
    wanted = extract(tmp_path / "root", tmp_path / "extracted")
    catalogue = tmp_path / "django.po"
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    for planted, fault in {
        "": "used but not defined",
        'msgid "planted"\nmsgstr ""\n': "untranslated",
        '#, fuzzy\nmsgid "planted"\nmsgstr "gepflanzt"\n': "reviewed",
        'msgid "planted"\nmsgstr "planted"\n': "",
    }.items():
        catalogue.write_text(header + planted, encoding="utf-8")
        found = faults(catalogue, wanted)
        assert fault in found
        assert bool(found) == bool(fault)

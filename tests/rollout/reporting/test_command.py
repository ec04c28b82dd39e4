"""`manage.py migration_report`: one file that needs nothing else, whole or not at all."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rollout.management.commands import migration_report
from tests.rollout.reporting import scene

pytestmark = pytest.mark.usefixtures("db", "redis")


class Page(HTMLParser):
    """The tags of a page, and whatever would be loaded or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            f"{tag} {name}={value}"
            for name, value in attrs
            if name in {"src", "href", "srcset", "data", "action", "poster"} or name.startswith("on")
        ]


def report(*args: str) -> str:
    output = io.StringIO()
    call_command("migration_report", *args, stdout=output)
    return output.getvalue()


def test_the_page_loads_nothing_runs_nothing_and_is_light() -> None:
    scene.migration(minutes=10)
    text = report()
    page = Page(text)
    assert page.loads == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.tags.count("svg") == 4
    assert not re.search(r"url\(|@import|https?://", text)
    assert len(text.encode()) < 200_000


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "迁移报告"), ("en", "Report of the migration")])
def test_either_language(language: str, title: str) -> None:
    scene.migration(minutes=5)
    text = report("--language", language)
    assert f'<html lang="{language}">' in text
    assert f"<h1>{title}" in text


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, path = scene.migration(minutes=5), tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(migration_report.os, "fsync", full)
        with pytest.raises(CommandError) as error:
            report("--plan", str(plan.pk), "-o", str(path))
    assert error.value.returncode == 1
    assert (path.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [path])
    assert report("--plan", str(plan.pk), "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_exit_code_1(tmp_path: Path) -> None:
    scene.migration(minutes=5)
    with pytest.raises(CommandError) as error:
        report("-o", str(tmp_path / "nowhere" / "report.html"))
    assert error.value.returncode == 1


@pytest.mark.parametrize(("arguments", "code"), [([], 1), (["--plan", "99"], 2)])
def test_nothing_to_report_and_no_such_plan(arguments: list[str], code: int) -> None:
    with pytest.raises(CommandError) as error:
        report(*arguments)
    assert error.value.returncode == code

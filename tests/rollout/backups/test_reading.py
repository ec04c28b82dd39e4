"""A backup counts only as long as every byte of it is as it was written."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from rollout import backups
from rollout.backups import lines, manifest, reading
from rollout.backups.errors import Damaged, RestoreRefused
from rollout.models import Backup
from tests.rollout.backups.content import spoiled


@pytest.fixture
def whole(traffic: Any) -> Backup:
    return backups.create(event="one", actor="ann", reason="test")


def test_one_changed_byte_in_any_file_is_refused(whole: Backup) -> None:
    tried = 0
    for path in sorted(Path(whole.path).iterdir()):
        for place in spoiled(path):
            tried += 1
            found = backups.verify(whole.pk)
            assert (found.status, path.name in found.error) == ("bad", True), place
            with pytest.raises(RestoreRefused, match=path.name):
                backups.restore(whole.pk, actor="ann", reason="test")
    assert tried >= 7 * 3
    assert Backup.objects.count() == 1
    assert backups.verify(whole.pk).status == "verified"


def test_a_file_that_went_or_came_or_was_cut_is_refused(whole: Backup) -> None:
    path = Path(whole.path)
    for name in [each.name for each in path.iterdir()]:
        data = (path / name).read_bytes()
        (path / name).unlink()
        assert backups.verify(whole.pk).status == "bad", name
        (path / name).write_bytes(data[:-1])
        assert backups.verify(whole.pk).status == "bad", name
        (path / name).write_bytes(data)
    (path / "more").touch()
    assert "more" in backups.verify(whole.pk).error
    (path / "more").unlink()
    assert backups.verify(whole.pk).status == "verified"


def test_a_folder_that_went_does_not_count(whole: Backup) -> None:
    assert backups.latest_verified() == whole
    Path(whole.path).rename(Path(whole.path).with_name("elsewhere"))
    assert backups.latest_verified() is None
    again = backups.create(event="one", actor="ann", reason="test")
    assert (again.pk, again.status, again.path != whole.path) == (whole.pk, "verified", True)
    assert backups.latest_verified() == again


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("entries-health.jsonl.gz", b'{"id":"1-1"}\n', "line 1"),
        ("control.jsonl.gz", b'{"model":"rollout.nonsense","pk":1,"fields":{}}\n', "line"),
        ("marks.jsonl.gz", b'{"table":"t","highest":1}\n', "1 lines instead of 7"),
    ],
)
def test_hashes_that_fit_do_not_make_up_for_lines_that_do_not(
    whole: Backup, name: str, text: bytes, fault: str
) -> None:
    path = Path(whole.path)
    made = manifest.read(path, sha256=whole.sha256)
    rows = made.files[name].rows
    (path / name).unlink()
    with lines.writing(path / name) as sink:
        sink.raw(text)
    facts = manifest.msgspec.structs.replace(sink.facts, rows=rows)
    (path / manifest.NAME).unlink()
    forged = manifest.msgspec.structs.replace(made, files={**made.files, name: facts})
    sha256 = manifest.write(path, forged)
    with pytest.raises(Damaged, match=fault):
        reading.check(path, sha256=sha256)


def test_a_manifest_of_a_later_version_is_refused(whole: Backup) -> None:
    path = Path(whole.path)
    data = (path / manifest.NAME).read_bytes().replace(b'"v": 1', b'"v": 2')
    (path / manifest.NAME).write_bytes(data)
    with pytest.raises(Damaged, match="version 2"):
        reading.check(path, sha256=hashlib.sha256(data).hexdigest())


def test_one_that_is_being_taken_is_left_alone() -> None:
    row = Backup.objects.create(event="one", path="/nowhere", actor="ann", reason="test")
    assert backups.verify(row.pk).status == "taking"
    with pytest.raises(RestoreRefused, match="no complete backup"):
        backups.restore(row.pk, actor="ann", reason="test")

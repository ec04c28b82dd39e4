"""What others have written is as they published it, with its licence."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["monitoring/static/monitoring/uplot", "tests/browser/axe"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_file_has_its_checksum_and_there_is_a_licence(folder: str) -> None:
    lines = (ROOT / folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    wanted = {name: digest for digest, name in (line.split() for line in lines)}
    held = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / folder).iterdir()
        if path.name != "SHA256SUMS"
    }
    assert held == wanted
    assert "LICENSE" in held

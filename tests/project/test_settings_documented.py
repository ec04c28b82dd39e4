"""docs/settings.md has a row for each environment variable that ljwx/settings.py reads, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(settings: Path) -> set[str]:
    """The names of the variables that `settings` reads through `env`."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(settings.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def documented(page: Path) -> set[str]:
    """The names of the variables that have a row in a table of `page`, with a default and a meaning."""
    row = re.compile(r"^\| `(\w+)` \|[^|\n]*[^|\s][^|\n]*\|[^|\n]*[^|\s][^|\n]*\|$", re.MULTILINE)
    return set(row.findall(page.read_text(encoding="utf-8")))


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    assert documented(ROOT / "docs" / "settings.md") == read(ROOT / "ljwx" / "settings.py")


def test_every_variable_begins_with_the_name_of_the_project() -> None:
    # The one that operators know from the migration guide.
    others = {name for name in read(ROOT / "ljwx" / "settings.py") if not name.startswith("LJWX_")}
    assert others == {"STREAM_FORCE_PERCENTAGE"}


def test_a_variable_read_anywhere_in_the_settings_is_found(tmp_path: Path) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text('A = env.text("LJWX_A", "")\nB = {"b": [env.flag("LJWX_B", False)]}\n', encoding="utf-8")
    assert read(settings) == {"LJWX_A", "LJWX_B"}


def test_a_row_without_default_or_meaning_does_not_count(tmp_path: Path) -> None:
    page = tmp_path / "settings.md"
    page.write_text(
        "| `LJWX_A` | `1` | How many. |\n| `LJWX_B` |  | What. |\n| `LJWX_C` | `1` |  |\n", encoding="utf-8"
    )
    assert documented(page) == {"LJWX_A"}

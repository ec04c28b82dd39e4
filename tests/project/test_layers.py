"""Imports go one way: ingest → rollout → streaming → monitoring → ljwx."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("ingest", "rollout", "streaming", "monitoring", "ljwx")
# These put the layers together.
COMPOSITION = {"ljwx/asgi.py", "ljwx/settings.py", "ljwx/urls.py"}


def violations(root: Path) -> list[str]:
    """Each import under `root` that points to the left, as `file:line imports module`."""
    return [
        f"{path.relative_to(root)}:{line} imports {module}"
        for layer in LAYERS
        for path in sorted((root / layer).rglob("*.py"))
        if path.relative_to(root).as_posix() not in COMPOSITION
        for line, module in imports(path, root)
        if module.partition(".")[0] in LAYERS[: LAYERS.index(layer)]
    ]


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every module that `path` imports, in functions and by name too."""
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield node.lineno, module
            case ast.ImportFrom(module=module, level=level, names=names):
                above = package[: len(package) - level + 1]
                yield from ((node.lineno, ".".join((*above, module or each.name))) for each in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "import_string" | "__import__")
                | ast.Attribute(attr="import_module" | "import_string" | "get_model"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def test_no_layer_imports_a_layer_to_its_left() -> None:
    assert violations(ROOT) == []


def test_every_layer_is_there_to_be_read() -> None:
    assert all(list((ROOT / layer).rglob("*.py")) for layer in LAYERS)


@pytest.mark.parametrize(
    "line",
    [
        "import ingest",
        "import ingest.models as models",
        "from rollout.models import Route",
        "from .. import rollout",
        "def late():\n    from ingest import kinds",
        "importlib.import_module('ingest.kinds')",
        "import_string('rollout.plan')",
        "apps.get_model('ingest.Health')",
    ],
)
def test_an_import_to_the_left_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "streaming").mkdir()
    (tmp_path / "streaming" / "planted.py").write_text(f"{line}\n", encoding="utf-8")
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    "line", ["from monitoring import counters", "from ljwx import redis", "import streaming.registry"]
)
def test_an_import_to_the_right_or_within_is_fine(tmp_path: Path, line: str) -> None:
    (tmp_path / "streaming").mkdir()
    (tmp_path / "streaming" / "planted.py").write_text(f"{line}\n", encoding="utf-8")
    assert violations(tmp_path) == []


def test_only_the_composition_may_import_every_layer(tmp_path: Path) -> None:
    (tmp_path / "ljwx").mkdir()
    for name in ("urls.py", "redis.py"):
        (tmp_path / "ljwx" / name).write_text("import ingest\n", encoding="utf-8")
    assert violations(tmp_path) == ["ljwx/redis.py:1 imports ingest"]

"""The environment: what the operator gave, what the children get, and the file that tells both to a later manage.py."""

import os
from collections.abc import Mapping
from pathlib import Path

Environment = dict[str, str]


def given() -> Environment:
    """The environment this process was started with.

    Not `os.environ`: there the settings have put the lines of a file that a killed run may have left,
    and its Redis must not pass for one that the operator asked for.
    """
    entries = Path("/proc/self/environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(entry).partition("=") for entry in entries)
    return {name: value for name, separator, value in pairs if separator and value}


def for_children(base: Mapping[str, str], *, var_dir: Path, redis_url: str, web_url: str, public: bool) -> Environment:
    """What every child runs with: `base`, the chosen servers, and any host name when other machines may call,
    the local operator when they may not."""
    environment = {
        **base,
        "LJWX_VAR_DIR": str(var_dir),
        "LJWX_REDIS_URL": redis_url,
        "LJWX_WEB_URL": web_url,
        "PYTHONUNBUFFERED": "1",
    }
    if public:
        environment.setdefault("LJWX_ALLOWED_HOSTS", "*")
    else:
        environment.setdefault("LJWX_EMBEDDED", "1")
    return environment


def save(environment: Mapping[str, str], path: Path) -> None:
    """Write the project's own variables to `path`, readable by the owner alone; `ljwx.settings` loads them."""
    lines = [
        f"{name}={value}\n"
        for name, value in sorted(environment.items())
        if name.startswith("LJWX_") and name != "LJWX_VAR_DIR" and "\n" not in value
    ]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("# Written by `manage.py up`, which removes it when it stops.\n")
        file.writelines(lines)

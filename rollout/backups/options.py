"""The option file of a MySQL program: what must not stand in a list of processes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollout.backups import folder

TLS = {"ca": "ssl-ca", "cert": "ssl-cert", "key": "ssl-key"}


def write(private: Path, database: Mapping[str, Any]) -> Path:
    """A file with the account, the server and the password of `database`, Django's settings of it; readable by its
    owner alone. Raises OSError."""
    given = dict(database.get("OPTIONS") or {})
    host = str(database.get("HOST") or "")
    values = {
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "host": "" if host.startswith("/") else host,
        "port": database.get("PORT"),
        "socket": given.get("unix_socket") or (host if host.startswith("/") else ""),
        **{option: (given.get("ssl") or {}).get(key) for key, option in TLS.items()},
    }
    path = private / "client.cnf"
    with os.fdopen(folder.create(path), "w", encoding="utf-8") as file:
        file.write("[client]\n")
        file.writelines(f"{option}={_quoted(str(value))}\n" for option, value in values.items() if value)
    return path


def _quoted(value: str) -> str:
    # Option files know these escapes: MySQL Reference Manual, "Using Option Files".
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        value = value.replace(character, escape)
    return f'"{value}"'

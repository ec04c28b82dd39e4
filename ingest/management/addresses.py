"""Where a command that plays devices uploads to."""

import argparse
import ipaddress
from urllib.parse import urlsplit


def base_url(text: str) -> str:
    """An http or https URL without a path, for argparse."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise argparse.ArgumentTypeError("http://HOST:PORT")
    return text


def is_loopback(url: str) -> bool:
    """Whether `url` is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""One POST, bounded in every way: time, bytes read, and where it goes."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from monitoring.notifiers.notifier import Failed

CONNECT_S = 5.0
# Of the whole exchange, however slowly bytes come.
DEADLINE_S = 10.0
MOST_READ = 64 * 1024
# The longest that a service's Retry-After is obeyed.
MOST_RETRY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered: at most 64 KB of it."""

    status: int
    body: bytes


def check_url(address: str) -> None:
    """Raises ValueError for anything but a plain http(s) URL with a host."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(_("It must be a URL that begins with http:// or https://."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError(_("A URL has no user name, password or fragment here."))
    if not address.isascii() or any(each.isspace() or not each.isprintable() for each in address):
        raise ValueError(_("A URL is of ASCII characters without blanks."))
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(_("The port of the URL is out of range."))


def post(address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Send `body` once: to this very URL, through no proxy, following no redirect. Raises Failed for anything but an
    answer of 200 to 299."""
    late = threading.Event()
    try:
        reply, retry_after = _exchange(urlsplit(address), body, headers, late)
    except (OSError, http.client.HTTPException, UnicodeError) as error:  # a host that can be no name is the last
        raise Failed(_("no answer in time") if late.is_set() else _said(error)) from error
    if late.is_set():
        raise Failed(_("no answer in time"), status=reply.status)
    if not 200 <= reply.status < 300:
        raise Failed(_("it answers %d") % reply.status, status=reply.status, retry_s=_retry_s(retry_after))
    return reply


def _exchange(
    url: SplitResult, body: bytes, headers: Mapping[str, str], late: threading.Event
) -> tuple[Reply, str | None]:
    """The reply, and its Retry-After. `late` is set when the deadline has cut it off."""
    host, secure = str(url.hostname), url.scheme == "https"
    connection = http.client.HTTPConnection(host, url.port or (443 if secure else 80), timeout=CONNECT_S)
    connection.default_port = 443 if secure else 80
    with contextlib.closing(connection):
        connection.connect()
        # TLS takes the socket over: a second handle of the same connection ends it whatever has become of the first.
        with connection.sock.dup() as handle, _deadline(handle, late):
            if secure:
                connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
            connection.sock.settimeout(DEADLINE_S)
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("POST", path, body, {"User-Agent": "ljwx", "Connection": "close", **headers})
            # What is to be closed after the answer is no longer the connection's to close.
            with connection.getresponse() as response:
                return Reply(response.status, response.read(MOST_READ)), response.getheader("Retry-After")


@contextlib.contextmanager
def _deadline(handle: socket.socket, late: threading.Event) -> Iterator[None]:
    """Inside, the connection of `handle` is cut after DEADLINE_S."""

    def cut() -> None:
        late.set()
        with contextlib.suppress(OSError):  # it has just ended by itself
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(DEADLINE_S, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _said(error: Exception) -> str:
    """The kind of failure and what the system says of it; never an address."""
    match error:
        case TimeoutError():
            return _("no answer in time")
        case ssl.SSLError():
            return _("TLS: %s") % (error.reason or type(error).__name__)
        case OSError(strerror=str(said)):
            return f"{type(error).__name__} {said}".strip()
    return type(error).__name__


def _retry_s(header: str | None) -> float:
    return min(float(header), MOST_RETRY_S) if header and header.isdecimal() and len(header) < 9 else 0.0

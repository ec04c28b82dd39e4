"""Where the web process listens."""

import contextlib
import errno
import ipaddress
import random
import socket
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ljwx.up.refusal import ENVIRONMENT, Refused

# Linux gives 32768 and up to whoever connects (net.ipv4.ip_local_port_range), others 49152 and up (RFC 6335).
OUR_PORTS = range(20_000, 32_768)
TRIES = 100


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric address and a port."""

    ip: str
    port: int

    @property
    def public(self) -> bool:
        """Whether other machines reach it."""
        return not ipaddress.ip_address(self.ip).is_loopback

    @property
    def near(self) -> str:
        """The numeric address at which this machine itself reaches it."""
        ip = ipaddress.ip_address(self.ip)
        if ip.is_unspecified:
            return "127.0.0.1" if ip.version == 4 else "::1"
        return self.ip

    @property
    def url(self) -> str:
        """The web address, for use on this machine."""
        return f"http://[{self.near}]:{self.port}" if ":" in self.near else f"http://{self.near}:{self.port}"


def resolve(host: str, port: int) -> Address:
    """The address of `host`, IPv4 first. Raises Refused when there is none, or when the port can not be listened on."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Refused(_("--host %(host)s is not an address of this machine.") % {"host": host}, ENVIRONMENT) from error
    family, kind, protocol, _name, where = min(found, key=lambda each: each[0] != socket.AF_INET)
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
        except OSError as error:
            raise Refused(_sentence(error, host, port), ENVIRONMENT) from error
    return Address(str(where[0]), port)


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return _("Port %(port)s is taken by another program: choose another with --port.") % {"port": port}
    if error.errno == errno.EADDRNOTAVAIL:
        return _("--host %(host)s is not an address of this machine.") % {"host": host}
    return _("Port %(port)s can not be used (%(error)s): choose another with --port.") % {
        "port": port,
        "error": error.strerror,
    }


def free_port() -> int:
    """A loopback port that nobody has now, below those the system gives to whoever connects: none of these takes it
    before it is listened on. Raises OSError when there is none."""
    for port in random.sample(OUR_PORTS, TRIES):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(errno.EADDRINUSE, "no free port")

"""A webhook of one's own: JSON, signed with HMAC-SHA256.

`X-Ljwx-Timestamp` is the time in seconds since 1970, `X-Ljwx-Signature` is `v1=` and the hexadecimal HMAC-SHA256, with
the channel's secret, of that time, a full stop and the body, byte for byte. `X-Ljwx-Delivery` is the delivery's number.
"""

import hashlib
import hmac

import msgspec
from django.utils.translation import gettext as _

from monitoring.notifiers.message import Message, title
from monitoring.notifiers.notifier import Answer, Notifier, Target
from monitoring.notifiers.post import check_url, post

LEAST_SECRET = 16


def check(address: str, secret: str) -> None:
    """Raises ValueError."""
    check_url(address)
    if len(secret) < LEAST_SECRET:
        raise ValueError(_("Its secret has at least %d characters: who receives checks the signature.") % LEAST_SECRET)


def render(message: Message) -> bytes:
    """The body."""
    return msgspec.json.encode({
        "title": title(message),
        "test": message.test,
        "more": message.more,
        "alerts": [
            {
                "id": line.alert, "name": line.name, "group": line.group, "severity": line.severity,
                "what": line.what, "text": line.text, "since": line.since, "until": line.until,
                "acknowledged_by": line.acknowledged_by,
            }
            for line in message.lines
        ],
    })  # fmt: skip


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What a receiver computes too, and compares in constant time."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def send(message: Message, target: Target) -> Answer:
    """Raises Failed."""
    body, timestamp = render(message), int(target.now)
    headers = {
        "Content-Type": "application/json",
        "X-Ljwx-Timestamp": str(timestamp),
        "X-Ljwx-Signature": signature(target.secret, timestamp, body),
        "X-Ljwx-Delivery": str(message.number),
    }
    return Answer(post(target.address, body, headers).status)


NOTIFIER = Notifier(check, render, send, per_minute=60, most_bytes=256 * 1024)

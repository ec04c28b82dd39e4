"""The robot of a DingTalk group.

With a secret the URL carries `timestamp` (ms) and `sign`: base64 of the HMAC-SHA256, with the secret, of time, newline
and secret. More than 20 messages within a minute and the robot is silenced for ten. A refusal is an answer of 200 whose
`errcode` is not 0.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote

import msgspec

from monitoring.notifiers import robots
from monitoring.notifiers.message import Message, body, title
from monitoring.notifiers.notifier import Answer, Notifier, Target

# Sent too fast: it is silent for ten minutes.
LIMITED = {"130101": 600.0, "-1": 60.0}


def render(message: Message) -> bytes:
    """The body."""
    text = "\n\n".join([f"**{title(message)}**", *body(message)])
    return msgspec.json.encode({"msgtype": "markdown", "markdown": {"title": title(message), "text": text}})


def sign(secret: str, timestamp_ms: int) -> str:
    """The signature as it stands in the URL."""
    digest = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(digest), safe="")


def signed(target: Target) -> str:
    """The URL of one message."""
    if not target.secret:
        return target.address
    timestamp_ms = int(target.now * 1000)
    joint = "&" if "?" in target.address else "?"
    return f"{target.address}{joint}timestamp={timestamp_ms}&sign={sign(target.secret, timestamp_ms)}"


def send(message: Message, target: Target) -> Answer:
    """Raises Failed."""
    return robots.send(signed(target), render(message), target, limited=LIMITED)


NOTIFIER = Notifier(robots.check, render, send, per_minute=20, most_bytes=18_000)

"""The robot of a Feishu (Lark) group.

With a secret the body carries `timestamp` (s) and `sign`: base64 of the HMAC-SHA256 of nothing, with time, newline and
secret as its key. 100 messages a minute and 5 a second; 20 KB each. A refusal is an answer whose `code`, or
`StatusCode` of older robots, is not 0.
"""

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from monitoring.notifiers import robots
from monitoring.notifiers.message import Message, body, title
from monitoring.notifiers.notifier import Answer, Notifier, Target

LIMITED = {"9499": 60.0, "11232": 60.0}


def render(message: Message) -> bytes:
    """The body without its signature."""
    return msgspec.json.encode(_told(message))


def _told(message: Message) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": "\n".join([title(message), *body(message)])}}


def sign(secret: str, timestamp: int) -> str:
    """The signature as it stands in the body."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def send(message: Message, target: Target) -> Answer:
    """Raises Failed."""
    told, timestamp = _told(message), int(target.now)
    if target.secret:
        told = {"timestamp": str(timestamp), "sign": sign(target.secret, timestamp), **told}
    return robots.send(
        target.address, msgspec.json.encode(told), target, limited=LIMITED, codes=("code", "StatusCode"),
        texts=("msg", "StatusMessage"),
    )  # fmt: skip


NOTIFIER = Notifier(robots.check, render, send, per_minute=100, most_bytes=18_000)

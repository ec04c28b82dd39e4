"""The robot of a WeCom group. The key in its URL is all that it asks for; 20 messages a minute, at most 4,096 bytes of
Markdown each. A refusal is an answer of 200 whose `errcode` is not 0."""

import msgspec

from monitoring.notifiers import robots
from monitoring.notifiers.message import Message, body, title
from monitoring.notifiers.notifier import Answer, Notifier, Target

LIMITED = {"45009": 60.0, "45033": 60.0}


def render(message: Message) -> bytes:
    """The Markdown, whose bytes are limited."""
    return "\n".join([f"**{title(message)}**", *(f"> {line}" for line in body(message))]).encode()


def send(message: Message, target: Target) -> Answer:
    """Raises Failed."""
    told = msgspec.json.encode({"msgtype": "markdown", "markdown": {"content": render(message).decode()}})
    return robots.send(target.address, told, target, limited=LIMITED)


NOTIFIER = Notifier(robots.check, render, send, per_minute=20, most_bytes=4_096)

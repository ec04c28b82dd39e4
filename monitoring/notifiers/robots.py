"""What robots of DingTalk, WeCom and Feishu share: the body of an answer of 200 says whether a message was taken."""

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from django.utils.translation import gettext as _

from monitoring.notifiers.message import plain
from monitoring.notifiers.notifier import Answer, Failed, Target
from monitoring.notifiers.post import Reply, check_url, post

JSON = {"Content-Type": "application/json; charset=utf-8"}
SHOWN = 120


def check(address: str, secret: str) -> None:
    """A robot may have a secret, and needs none. Raises ValueError."""
    check_url(address)


def send(
    url: str, body: bytes, target: Target, *, limited: dict[str, float], codes: Collection[str] = ("errcode",),
    texts: Collection[str] = ("errmsg",),
) -> Answer:  # fmt: skip
    """Post `body` to `url`, the address of `target` as signed as it may be, and judge the answer. Raises Failed."""
    return judged(post(url, body, JSON), codes=codes, texts=texts, limited=limited, hidden=credentials(target))


def judged(
    reply: Reply, *, codes: Collection[str], texts: Collection[str], limited: dict[str, float], hidden: Collection[str]
) -> Answer:
    """The answer when one of the members `codes` says 0. `texts`: members that explain; `limited`: seconds to wait by
    code; `hidden`: what must not be seen in the explanation. Raises Failed."""
    try:
        told: Any = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        told = None
    code = next((told[name] for name in codes if name in told), None) if isinstance(told, dict) else None
    if code is None or isinstance(code, bool | list | dict):
        raise Failed(_("its answer is not understood"), status=reply.status)
    if str(code) == "0":
        return Answer(reply.status, "0")
    said = next((str(told[name]) for name in texts if told.get(name)), "")
    for secret in hidden:
        said = said.replace(secret, "…") if secret else said
    raise Failed(
        plain(said)[:SHOWN] or _("it refuses the message"),
        status=reply.status, code=str(code)[:20], retry_s=limited.get(str(code), 0.0),
    )  # fmt: skip


def credentials(target: Target) -> list[str]:
    """What nobody may see of a robot: its secret, the values of its URL's query, the end of its path."""
    parts = urlsplit(target.address)
    values = [value for _name, value in parse_qsl(parts.query)]
    return [each for each in (target.secret, *values, parts.path.rpartition("/")[2]) if len(each) >= 8]

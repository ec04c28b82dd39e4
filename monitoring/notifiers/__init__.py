"""How each kind of channel is told: one module a kind. None of them knows of alerts' states, queues or limits over
time: they sign one message and send it once."""

from monitoring.models import Channel
from monitoring.notifiers import dingtalk, feishu, mail, webhook, wecom
from monitoring.notifiers.notifier import Notifier

Kind = Channel.Kind

NOTIFIERS: dict[str, Notifier] = {
    Kind.WEBHOOK: webhook.NOTIFIER,
    Kind.EMAIL: mail.NOTIFIER,
    Kind.DINGTALK: dingtalk.NOTIFIER,
    Kind.WECOM: wecom.NOTIFIER,
    Kind.FEISHU: feishu.NOTIFIER,
}


def of(kind: str) -> Notifier:
    """The notifier of a channel of this kind."""
    return NOTIFIERS[kind]

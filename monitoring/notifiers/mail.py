"""E-mail, through the server of LJWX_EMAIL_URL."""

import smtplib

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from monitoring.notifiers.message import Message, body, title
from monitoring.notifiers.notifier import Answer, Failed, Notifier, Target

MOST_ADDRESSES = 50


def addresses(text: str) -> list[str]:
    """The addresses of a channel."""
    return [each.strip() for each in text.split(",") if each.strip()]


def check(address: str, secret: str) -> None:
    """Raises ValueError."""
    found = addresses(address)
    if not 1 <= len(found) <= MOST_ADDRESSES:
        raise ValueError(_("1 to %d addresses, comma-separated.") % MOST_ADDRESSES)
    for each in found:
        try:
            validate_email(each)
        except ValidationError as error:
            raise ValueError(_("%s is no e-mail address.") % each) from error


def render(message: Message) -> bytes:
    """Its text."""
    return "\n".join(body(message)).encode()


def send(message: Message, target: Target) -> Answer:
    """Raises Failed."""
    if not settings.EMAIL_HOST:
        raise Failed(_("LJWX_EMAIL_URL is not set"))
    found = addresses(target.address)
    mail = EmailMessage(title(message), render(message).decode(), settings.DEFAULT_FROM_EMAIL, found)
    mail.connection = get_connection(fail_silently=False)
    try:
        mail.send()
    except smtplib.SMTPResponseException as error:
        raise Failed(type(error).__name__, code=str(error.smtp_code)) from error
    except (smtplib.SMTPException, OSError) as error:
        late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        raise Failed(_("no answer in time") if late else type(error).__name__) from error
    return Answer()


NOTIFIER = Notifier(check, render, send, per_minute=30, most_bytes=256 * 1024)

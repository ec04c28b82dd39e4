"""E-mail before a real SMTP server on the loopback address."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from monitoring.notifiers import mail
from monitoring.notifiers.message import Message
from monitoring.notifiers.notifier import Answer, Failed, Target
from tests.monitoring.notifiers.messages import ONE, line

TO = Target("a@example.com, b@example.com", "", 0.0)


class Smtp(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a message needs. `refuses`: answers by command; `silent`: says nothing at all."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: list[tuple[list[str], bytes]] = []
        self.refuses: dict[bytes, bytes] = {}
        self.silent = False
        self.freed = threading.Event()


class Session(socketserver.StreamRequestHandler):
    server: Smtp

    def handle(self) -> None:
        if self.server.silent:
            self.server.freed.wait(30)
            return
        recipients: list[str] = []
        self.wfile.write(b"220 stub\r\n")
        for each in self.rfile:
            command = each.split()[0].upper()
            if command in self.server.refuses:
                self.wfile.write(self.server.refuses[command] + b"\r\n")
            elif command == b"RCPT":
                recipients.append(each.decode().partition("<")[2].partition(">")[0])
                self.wfile.write(b"250 ok\r\n")
            elif command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append((recipients, body))
                self.wfile.write(b"250 taken\r\n")
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 stub\r\n")


@pytest.fixture
def smtp(settings: Any) -> Iterator[Smtp]:
    with Smtp() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.DEFAULT_FROM_EMAIL = "ljwx@example.com"
        yield server
        server.freed.set()
        server.shutdown()
        thread.join()


def test_a_message_reaches_everybody(smtp: Smtp) -> None:
    assert mail.NOTIFIER.send(Message([line(text="没有消费者")], number=3), TO) == Answer()
    ((recipients, body),) = smtp.mails
    told = message_from_bytes(body, policy=default)
    assert recipients == ["a@example.com", "b@example.com"]
    assert (told["Subject"], told["From"]) == ("[ljwx] 1 alert, 1 critical", "ljwx@example.com")
    assert told["To"] == "a@example.com, b@example.com"
    assert told.get_content().strip() == "critical · 没有消费者 (no_consumers, 11-28 12:00:00)"


@pytest.mark.parametrize(
    ("command", "answer", "error", "code"),
    [
        (b"MAIL", b"451 later", "SMTPSenderRefused", "451"),
        (b"RCPT", b"550 nobody", "SMTPRecipientsRefused", ""),
        (b"DATA", b"554 spam", "SMTPDataError", "554"),
    ],
)
def test_a_refusal_is_a_failure(smtp: Smtp, command: bytes, answer: bytes, error: str, code: str) -> None:
    smtp.refuses[command] = answer
    with pytest.raises(Failed, match=error) as caught:
        mail.NOTIFIER.send(ONE, TO)
    assert caught.value.code == code
    assert smtp.mails == []


def test_a_server_that_says_nothing_is_left(smtp: Smtp, settings: Any) -> None:
    smtp.silent = True
    settings.EMAIL_TIMEOUT = 0.1
    with pytest.raises(Failed, match="no answer in time"):
        mail.NOTIFIER.send(ONE, TO)


def test_without_a_server_that_is_said(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    with pytest.raises(Failed, match="LJWX_EMAIL_URL"):
        mail.NOTIFIER.send(ONE, TO)

"""Each notifier before a service that checks what it is sent: signature, headers and body, byte by byte."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from monitoring import notifiers
from monitoring.notifiers import dingtalk, feishu, webhook
from monitoring.notifiers.message import Message
from monitoring.notifiers.notifier import Answer, Target
from tests.monitoring.notifiers.messages import ONE, line
from tests.monitoring.notifiers.stub import Stub

NOW = 1_790_000_000.25
SECRET = "SEC-0123456789abcdef"


def test_a_webhook_is_signed_over_time_and_body(stub: Stub) -> None:
    stub.answer = (204, {}, b"")
    answer = webhook.NOTIFIER.send(ONE, Target(f"{stub.url}/hook?a=1", SECRET, NOW))
    (request,) = stub.requests
    assert answer == Answer(204)
    assert request.path == "/hook?a=1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Ljwx-Timestamp"] == "1790000000"
    assert request.headers["X-Ljwx-Delivery"] == "3"
    wanted = hmac.new(SECRET.encode(), b"1790000000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Ljwx-Signature"] == f"v1={wanted}"
    assert request.body == (
        b'{"title":"[ljwx] 1 alert, 1 critical","test":false,"more":0,"alerts":[{"id":7,"name":"no_consumers",'
        b'"group":"consumers","severity":"critical","what":"firing","text":"No consumer is alive.",'
        b'"since":"2026-11-28T04:00:00Z","until":null,"acknowledged_by":""}]}'
    )


def test_a_signature_is_another_one_for_another_time_body_or_secret() -> None:
    found = {
        webhook.signature(SECRET, 1, b"a"), webhook.signature(SECRET, 2, b"a"), webhook.signature(SECRET, 1, b"b"),
        webhook.signature(SECRET + "x", 1, b"a"),
    }  # fmt: skip
    assert len(found) == 4


def test_dingtalk_gets_its_signature_in_the_address_and_markdown(stub: Stub) -> None:
    answer = dingtalk.NOTIFIER.send(ONE, Target(f"{stub.url}/robot/send?access_token=abc", SECRET, NOW))
    (request,) = stub.requests
    query = parse_qs(urlsplit(request.path).query)
    assert answer == Answer(200, "0")
    assert urlsplit(request.path).path == "/robot/send"
    assert (query["access_token"], query["timestamp"]) == (["abc"], ["1790000000250"])
    digest = hmac.new(SECRET.encode(), f"1790000000250\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()]
    assert "+" not in request.path  # base64 in an address is percent-encoded
    assert json.loads(request.body) == {
        "msgtype": "markdown",
        "markdown": {
            "title": "[ljwx] 1 alert, 1 critical",
            "text": "**[ljwx] 1 alert, 1 critical**\n\ncritical · No consumer is alive. (no_consumers, 11-28 12:00:00)",
        },
    }


def test_dingtalk_signs_as_its_documentation_does() -> None:
    # Computed apart, with openssl: printf '1577262236757\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret'
    assert dingtalk.sign("this is secret", 1577262236757) == "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"


def test_a_robot_without_a_secret_is_not_signed(stub: Stub) -> None:
    dingtalk.NOTIFIER.send(ONE, Target(f"{stub.url}/robot/send?access_token=abc", "", NOW))
    assert stub.requests[0].path == "/robot/send?access_token=abc"
    stub.answer = (200, {}, b'{"code":0}')
    feishu.NOTIFIER.send(ONE, Target(f"{stub.url}/hook", "", NOW))
    assert set(json.loads(stub.requests[1].body)) == {"msg_type", "content"}


def test_wecom_gets_markdown_and_its_key_alone(stub: Stub) -> None:
    answer = notifiers.of("wecom").send(ONE, Target(f"{stub.url}/cgi-bin/webhook/send?key=k", "", NOW))
    (request,) = stub.requests
    assert answer == Answer(200, "0")
    assert request.path == "/cgi-bin/webhook/send?key=k"
    assert json.loads(request.body) == {
        "msgtype": "markdown",
        "markdown": {
            "content": "**[ljwx] 1 alert, 1 critical**\n"
            "> critical · No consumer is alive. (no_consumers, 11-28 12:00:00)"
        },
    }


@pytest.mark.parametrize("answer", [b'{"code":0,"msg":"success","data":{}}', b'{"StatusCode":0,"StatusMessage":""}'])
def test_feishu_gets_its_signature_in_the_body(stub: Stub, answer: bytes) -> None:
    stub.answer = (200, {}, answer)
    assert feishu.NOTIFIER.send(ONE, Target(f"{stub.url}/open-apis/bot/v2/hook/x", SECRET, NOW)) == Answer(200, "0")
    told = json.loads(stub.requests[0].body)
    assert told.pop("timestamp") == "1790000000"
    digest = hmac.new(f"1790000000\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert told.pop("sign") == base64.b64encode(digest).decode()
    assert told == {
        "msg_type": "text",
        "content": {
            "text": "[ljwx] 1 alert, 1 critical\ncritical · No consumer is alive. (no_consumers, 11-28 12:00:00)"
        },
    }


@pytest.mark.parametrize("kind", ["dingtalk", "wecom", "feishu", "webhook", "email"])
def test_a_message_of_any_number_of_alerts_is_cut_to_what_fits(kind: str) -> None:
    from monitoring.notifiers.message import fitted

    notifier = notifiers.of(kind)
    whole = Message([line(number, text="错" * 299) for number in range(2_000)])
    message = fitted(whole, notifier.render, most=notifier.most_bytes)
    assert len(notifier.render(message)) <= notifier.most_bytes
    assert 1 <= len(message.lines) < 2_000
    assert message.more == 2_000 - len(message.lines)
    assert "more alerts follow" in notifier.render(message).decode() or kind == "webhook"
    longer = Message(whole.lines[: len(message.lines) + 1], whole.more)
    assert len(notifier.render(longer)) > notifier.most_bytes - 60


@pytest.mark.parametrize("kind", ["dingtalk", "wecom", "feishu", "email"])
def test_what_others_have_written_neither_links_nor_calls_everybody(kind: str) -> None:
    evil = 'x](http://evil.example) <at user_id="all"></at> <@all>\n# head **b** `c`'
    told = notifiers.of(kind).render(Message([line(text=evil, name=f"alarm:{evil}")])).decode()
    for markup in ("](", "<at", "<@", "@all", "\\n# ", "**b", "`"):
        assert markup not in told, markup


def test_the_end_and_the_person_are_told() -> None:
    message = Message([line(what="repeated", acknowledged_by="li"), line(8, what="resolved", severity="warning")])
    told = notifiers.of("email").render(message).decode()
    assert "still firing · No consumer is alive. (no_consumers, 11-28 12:00:00 · acknowledged by li)" in told
    assert "resolved · No consumer is alive. (no_consumers, 11-28 12:00:00 – 11-28 12:05:30)" in told

"""`manage.py alerts` and `manage.py notify`."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitoring.alerts import states
from monitoring.models import Alert, Delivery
from tests.monitoring.alerts.conftest import Site, channel, rule
from tests.monitoring.notifiers.stub import Stub


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(*args, stdout=out, stderr=err)
    except SystemExit as error:
        code = int(str(error.code))
    except CommandError as error:
        code, text = error.returncode, str(error)
        err.write(text)
    return code, out.getvalue(), err.getvalue()


def test_alerts_are_listed_the_worst_first_and_the_code_says_that_one_fires(site: Site) -> None:
    assert run("alerts") == (0, "No alert.\n", "")
    site.rules = [rule(), rule("mild", fact="mild", severity="warning", for_s=60.0)]
    site.look("a", mild=["x"])
    code, text, _errors = run("alerts")
    first, second = text.splitlines()
    assert code == 10
    assert "critical  firing" in first
    assert first.endswith("broken:a: a is broken")
    assert "warning   pending" in second
    code, text, _errors = run("alerts", "--format", "json")
    told = json.loads(text)
    assert (code, [(each["name"], each["state"]) for each in told]) == (
        10, [("broken:a", "firing"), ("mild:x", "pending")],
    )  # fmt: skip
    alert = Alert.objects.get(rule="broken")
    states.acknowledge_one(alert.pk, actor="li", note="at it", now=alert.pending_at)
    code, text, _errors = run("alerts")
    assert code == 0
    assert "(li: at it)" in text


def test_a_channel_is_tried_by_its_name(site: Site, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring.alerts.sending import Sender

    monkeypatch.setattr(Sender, "clock", staticmethod(lambda: site.now))
    channel(stub, "dingtalk")
    code, text, _errors = run("notify", "--test", "dingtalk")
    assert (code, text) == (0, f"The test message was delivered (delivery {Delivery.objects.get().pk}).\n")
    assert run("notify", "--test", "dingtalk")[0] == 4
    site.now += 10
    stub.answer = (200, {}, b'{"errcode":310000,"errmsg":"sign not match"}')
    code, _text, errors = run("notify", "--test", "dingtalk")
    assert (code, errors.strip()) == (10, "The test message was not delivered: sign not match 310000")
    code, _text, errors = run("notify", "--test", "nobody")
    assert (code, errors) == (2, "There is no such channel; there are: dingtalk.")


def test_a_database_that_is_away_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    monkeypatch.setattr(Alert.objects, "filter", away)
    assert run("alerts")[0] == 3

"""Alarms are kept while they last, and telling never fails."""

import logging

import pytest
from django.conf import settings

from ljwx.redis import ALARMS_KEY
from monitoring import alarms


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_here", {})


def test_an_alarm_stands_until_it_is_cleared(redis: object) -> None:
    alarms.sound("lost:health", "3 entries")
    alarms.sound("budget:event", "60 in 5 min")
    assert [(alarm.name, alarm.text) for alarm in alarms.standing()] == [
        ("lost:health", "3 entries"),
        ("budget:event", "60 in 5 min"),
    ]
    alarms.clear("lost:health")
    assert [alarm.name for alarm in alarms.standing()] == ["budget:event"]


def test_an_alarm_that_is_said_again_keeps_its_beginning_and_takes_the_new_text(redis: object) -> None:
    alarms.sound("lost:health", "3 entries")
    since = alarms.standing()[0].since
    alarms.sound("lost:health", "5 entries")
    assert (alarms.standing()[0].text, alarms.standing()[0].since) == ("5 entries", since)


def test_it_is_logged_when_it_begins_and_when_it_is_over(redis: object, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        alarms.sound("lost:health", "3 entries")
    alarms.clear("lost:health")
    alarms.clear("lost:health")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.CRITICAL, "lost:health: 3 entries"),
        (logging.WARNING, "lost:health: over"),
    ]


def test_a_redis_that_is_away_leaves_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "unix:///nowhere/redis.sock")
    alarms.sound("lost:health", "3 entries")
    alarms.clear("lost:health")
    assert caplog.records[0].levelno == logging.CRITICAL


def test_what_another_version_has_kept_is_shown_as_it_is(redis: "object") -> None:
    redis.hset(ALARMS_KEY, "odd", b"\xff not JSON")  # type: ignore[attr-defined]
    assert alarms.standing()[0].text == "� not JSON"

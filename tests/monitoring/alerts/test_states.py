"""From the first sight of something to its end."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from monitoring.alerts import evaluating, states
from monitoring.alerts.errors import NotFiring
from monitoring.models import Alert
from tests.monitoring.alerts.conftest import Site, rule


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_rule_that_does_not_wait_fires_at_once(site: Site) -> None:
    site.look("a", "b")
    assert site.states() == {"broken:a": "firing", "broken:b": "firing"}
    alert = Alert.objects.first()
    assert alert is not None
    assert (alert.firing_at, alert.values, alert.severity) == (moment(site.now), {"part": "a"}, "critical")


def test_a_rule_that_waits_fires_when_it_was_seen_for_long_enough(site: Site) -> None:
    site.rules = [rule(for_s=30.0)]
    site.look("a")
    assert site.states() == {"broken:a": "pending"}
    site.look("a", after=29)
    assert site.states() == {"broken:a": "pending"}
    site.look("a", after=1)
    assert site.states() == {"broken:a": "firing"}


def test_what_is_gone_before_it_fires_leaves_nothing(site: Site) -> None:
    site.rules = [rule(for_s=30.0)]
    site.look("a")
    site.look(after=5)
    assert site.states() == {}
    site.look("a", after=1)
    site.look("a", after=29)
    assert site.states() == {"broken:a": "pending"}  # counted anew


def test_what_comes_and_goes_is_one_alert(site: Site) -> None:
    site.look("a")
    for _ in range(10):
        site.look(after=10)
        site.look("a", after=5)
    assert site.states() == {"broken:a": "firing"}
    site.look(after=1)
    site.look(after=19)
    assert site.states() == {"broken:a": "firing"}
    site.look(after=1)
    assert site.states() == {"broken:a": "resolved"}
    site.look("a", after=1)
    assert [alert.state for alert in Alert.objects.order_by("pk")] == ["resolved", "firing"]


def test_while_nothing_is_known_nothing_is_over(site: Site) -> None:
    site.look("a")
    for _ in range(5):
        site.blind(after=100)
    assert site.states() == {"broken:a": "firing"}
    site.look(after=1)
    site.look(after=20)
    assert site.states() == {"broken:a": "resolved"}


def test_a_rule_that_does_not_understand_what_it_is_told_hides_no_other(site: Site) -> None:
    site.rules = [rule("first", fact="lists"), rule()]
    site.look("a", lists=["x"])
    site.look("a", "b", after=100, lists=5)  # type: ignore[arg-type]
    assert site.states() == {"first:x": "firing", "broken:a": "firing", "broken:b": "firing"}


def test_a_rule_that_there_is_no_more_ends_its_alerts(site: Site) -> None:
    site.look("a")
    site.rules = []
    site.look(after=1)
    site.look(after=1)
    assert site.states() == {"broken:a": "resolved"}


def test_an_acknowledged_alert_ends_like_any_other(site: Site) -> None:
    site.look("a")
    alert = Alert.objects.get()
    done = states.acknowledge_one(alert.pk, actor="li", note="at it", now=moment(site.now))
    assert (done.state, done.acknowledged_by, done.note) == ("acknowledged", "li", "at it")
    assert done.acknowledged_at == moment(site.now)
    site.look("a", after=3600)
    assert site.states() == {"broken:a": "acknowledged"}
    site.look(after=1)
    site.look(after=20)
    assert site.states() == {"broken:a": "resolved"}


def test_only_what_fires_is_acknowledged_and_once(site: Site) -> None:
    site.rules = [rule(for_s=30.0)]
    site.look("a")
    alert = Alert.objects.get()
    for then in ("not firing yet", "acknowledged", "resolved"):
        if then == "acknowledged":
            site.look("a", after=30)
            states.acknowledge_one(alert.pk, actor="li", note="", now=moment(site.now))
        if then == "resolved":
            site.look(after=1)
            site.look(after=20)
        with pytest.raises(NotFiring, match=then):
            states.acknowledge_one(alert.pk, actor="wang", note="", now=moment(site.now))
    alert.refresh_from_db()
    assert alert.acknowledged_by == "li"
    with pytest.raises(Alert.DoesNotExist):
        states.acknowledge_one(0, actor="li", note="", now=moment(site.now))


def test_the_database_holds_one_open_alert_of_a_name(site: Site) -> None:
    site.look("a")
    alert = Alert.objects.get()
    alert.pk = None
    with pytest.raises(IntegrityError):
        alert.save(force_insert=True)


def test_numbers_in_the_text_are_written_seldom(site: Site) -> None:
    site.rules = [rule()]
    site.look("a")
    Alert.objects.update(values={"part": "of before"})
    site.look("a", after=14)
    assert Alert.objects.get().values == {"part": "of before"}
    site.look("a", after=1)
    assert Alert.objects.get().values == {"part": "a"}


def test_only_rules_that_hold_hold_and_an_acknowledged_alert_still_does(site: Site) -> None:
    site.rules = [rule("held", fact="held", holds=True), rule(), rule("later", fact="later", for_s=9.0, holds=True)]
    site.look("a", held=["x"], later=["y"])
    assert evaluating.holding(site.rules) == ["held:x"]
    states.acknowledge(Alert.objects.values_list("pk", flat=True), actor="li", note="", now=moment(site.now))
    assert evaluating.holding(site.rules) == ["held:x"]
    site.look(after=1, held=[], later=[])
    site.look(after=20, held=[], later=[])
    assert evaluating.holding(site.rules) == []


def test_a_rule_that_sees_without_end_is_cut(site: Site) -> None:
    site.look(*(str(number) for number in range(2 * evaluating.MOST_OF_RULE)))
    assert Alert.objects.count() == evaluating.MOST_OF_RULE

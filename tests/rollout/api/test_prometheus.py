"""`/metrics`, of a system with several processes."""

from typing import Any

import pytest

from monitoring import alarms, live, samples
from monitoring.figures import Figures, OfPath
from rollout.live.document import Composer
from rollout.models import Route
from streaming import groups, registry
from tests.monitoring.test_exposition import read
from tests.rollout.alerting.scene import fire
from tests.rollout.api.conftest import Caller, Person


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, db: None, redis: Any) -> None:
    """Nothing that an earlier test has seen."""
    for kind in registry.kinds():
        groups.ensure(redis, kind)
    found = live.Live()
    found.compose = lambda: Composer("web").compose()
    monkeypatch.setattr(live, "current", found)


def scraped(caller: Caller, **headers: str) -> dict[str, Any]:
    answer = caller.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain; version=")
    return read(answer.content)


def test_gauges_tell_what_the_dashboard_shows(operator: Caller) -> None:
    Route.objects.filter(kind="health").update(percentage=12.5)
    alarms.sound("lost:health", "gone")
    fire("redis_full")
    told = scraped(operator, Accept="application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    assert told["ljwx_route_ratio"] == {("device",): 0, ("event",): 0, ("health",): 0.125}
    assert told["ljwx_stream_undelivered_entries"][("health_data_stream",)] == 0
    assert told["ljwx_consumers_alive"] == {(): 0}
    assert told["ljwx_controller_up"] == {(): 0}
    assert told["ljwx_alarm_standing"] == {("lost:health",): 1}
    assert told["ljwx_alerts"] == {
        (severity, state): float((state, severity) == ("firing", "critical"))
        for state in ("pending", "firing", "acknowledged")
        for severity in ("info", "warning", "critical")
    }
    assert told["ljwx_redis_safe"][("maxmemory-policy",)] == 1
    assert told["ljwx_plan_status"][("running",)] == 0
    assert told["ljwx_document_age_seconds"][()] < 5


def test_counters_are_those_of_all_processes_and_never_fall(operator: Caller) -> None:
    told = Figures(1, {"stream": OfPath(uploads=5, good=9)})
    samples.write({100: told}, until=101)
    assert scraped(operator)["ljwx_uploads_total"] == {("legacy",): 0, ("stream",): 5}
    samples.write({101: told}, until=102)
    samples.prune(moment=1e10)
    assert scraped(operator)["ljwx_uploads_total"] == {("legacy",): 0, ("stream",): 10}


def test_what_can_not_be_known_is_absent(operator: Caller, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    told = scraped(operator)
    assert "ljwx_stream_entries" not in told
    assert "ljwx_redis_safe" not in told
    assert told["ljwx_route_ratio"][("event",)] == 0


def test_it_is_for_who_may_see_the_routes(person: Person) -> None:
    assert Caller().client.get("/metrics").status_code == 401
    assert person("bob", "rollout.view_plan").client.get("/metrics").status_code == 403
    assert person("eve", "rollout.view_route").client.get("/metrics").status_code == 200

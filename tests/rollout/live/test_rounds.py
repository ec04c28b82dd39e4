"""What each round of the controller adds to the live document and its history."""

from typing import Any

from monitoring import live, samples
from monitoring.models import Sample
from rollout.controller.controller import Controller
from tests.rollout.controller.rig import Rig


def test_each_round_publishes_the_document_and_keeps_its_second(rig: Rig, composing: None) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.share() == 10)
    rig.tick(12)
    told = live.published()
    assert told is not None
    assert (told["source"], told["unknown"], told["plan"]["name"]) == ("controller", {}, "autumn")
    assert {each["metric"] for each in told["judged"]["findings"]} >= {"errors", "backlog", "cpu"}
    assert [at for at, _figures in told["recent"]] == [int(rig.now) - 2 - n for n in (5, 4, 3, 2, 1)]
    assert told["recent"][-1][1].items() >= {"uploads:stream": 400, "errors:stream": 0, "cpu": 0.1}.items()
    assert Sample.objects.filter(step_s=10).count() >= 1
    told_of = [each for _at, each in samples.newest(100) if "uploads:legacy" in each]
    assert samples.total().paths["legacy"].uploads == 400 * len(told_of)


def test_a_controller_that_was_away_makes_up_for_what_was_told_meanwhile(rig: Rig) -> None:
    rig.tick(5)
    rig.controller.leave()
    for _ in range(30):
        rig.tell()
        rig.now += 1
    Rig(Controller(holder="b"), now=rig.now).controller.step()
    seconds = list(Sample.objects.filter(step_s=1).order_by("at").values_list("at", flat=True))
    assert seconds == list(range(seconds[0], int(rig.now) - 2))
    # Nothing was told in the two seconds before the first.
    assert samples.total().paths["legacy"].uploads == 400 * (len(seconds) - 2)


def test_a_redis_that_is_silent_costs_no_figure_of_the_history(rig: Rig, settings: Any) -> None:
    rig.tick(3)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    rig.tick(3)
    (_at, told) = samples.newest(1)[0]
    assert told["uploads:legacy"] == 400
    assert "backlog:health" not in told

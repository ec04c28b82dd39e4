"""A plan does not advance while a critical alert fires."""

from monitoring.models import Alert
from tests.rollout.alerting.scene import fire
from tests.rollout.controller.rig import Rig


def test_a_critical_alert_holds_the_step_until_it_is_over(rig: Rig) -> None:
    rig.plan(10, 20)
    alert = fire("redis_full")
    rig.tick(5)
    assert rig.step(1).blocked_by == ["alerts:redis_full"]
    Alert.objects.filter(pk=alert.pk).update(state="acknowledged")
    rig.tick(3)
    assert rig.step(1).status == "pending"
    Alert.objects.filter(pk=alert.pk).update(state="resolved", open_key=None)
    rig.until(lambda: rig.step(1).status == "passed")


def test_neither_a_warning_nor_the_alert_of_a_device_does(rig: Rig) -> None:
    rig.plan(10, 20)
    fire("consumers_missing", severity="warning")
    fire("device_alert", "SOS_EVENT:1", group="devices")
    rig.until(lambda: rig.step(1).status == "passed")

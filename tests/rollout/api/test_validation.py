"""Checks, their history, repairs and acknowledgements over the API."""

import threading
from typing import Any

import pytest

from ingest.models import HealthData
from rollout import lease
from rollout.api.views import validation
from rollout.consistency import DatabaseConsistencyChecker
from rollout.controller import checking
from rollout.models import Acknowledgement, Check, CheckFinding, Repair
from streaming import consumer
from tests.rollout.api.conftest import Caller, Person
from tests.rollout.consistency.scene import advance, consume, holed, readings, send, settled

WHY = {"reason": "because"}


@pytest.fixture(autouse=True)
def ground(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything sent by now is settled; the consumer does not close the test's connection."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
    monkeypatch.setattr(DatabaseConsistencyChecker, "clock", staticmethod(settled))


def damaged(records: int = 5) -> None:
    """All readings but the first are gone."""
    send(*readings(records, "SERIAL-01"))
    consume()
    HealthData.objects.filter(step__gte=1).delete()


def run(caller: Caller, **asked: Any) -> Any:
    answer = caller.post("validation/run_check", {**WHY, **asked})
    assert answer.status_code == 200, answer.content
    return answer.json()["check"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_check_answers_with_its_counts_and_without_serials_and_values(operator: Caller, method: str) -> None:
    damaged()
    HealthData.objects.update(heart_rate=199)
    ask = operator.get if method == "get" else lambda path, **asked: operator.post(path, {**asked, **WHY})
    answer = ask("validation/run_check", kind="health", time_window_minutes=30)
    assert answer.status_code == 200
    found = answer.json()["check"]
    assert (found["status"], found["kinds"].keys(), found["window_minutes"]) == ("done", {"health"}, 30)
    assert (found["checked"], found["missing"], found["different"], found["rate"]) == (5, 4, 1, 0.0)
    (figure,) = found["figures"]
    assert (figure["path"], figure["firmware"], figure["records"], figure["missing"]) == ("stream", "", 5, 4)
    assert "SERIAL-01" not in answer.content.decode()
    assert "199" not in [str(value) for sample in found["samples"] for value in sample.values()]
    row = Check.objects.get()
    assert (row.actor, row.reason) == ("operator", "because" if method == "post" else "")


def test_who_may_see_health_data_sees_what_differs(person: Person) -> None:
    send(*readings(1, "SERIAL-01"))
    consume()
    HealthData.objects.update(heart_rate=199)
    found = run(person("eve", "rollout.add_check", "streaming.view_payload"))
    (sample,) = found["samples"]
    assert sample["device"] == "SERIAL-01"
    assert sample["differences"] == [{"field": "heart_rate", "sent": 60, "held": 199}]


def test_what_is_not_done_in_time_is_202_and_carried_on_by_the_controller(
    operator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged()
    monkeypatch.setattr(validation, "ANSWER_S", -1.0)
    answer = operator.post("validation/run_check", {**WHY, "kind": "health"})
    assert (answer.status_code, answer.json()["check"]["status"]) == (202, "running")
    number = answer.json()["check"]["id"]
    again = operator.post("validation/run_check", {**WHY, "kind": "event"})
    assert (again.status_code, again.json()["check"]) == (409, number)
    checking.work(None, stopping=threading.Event())
    found = operator.get(f"validation/checks/{number}").json()["check"]
    assert (found["status"], found["missing"], found["finished_at"] is not None) == ("done", 4, True)


def test_one_check_runs_at_a_time(operator: Caller) -> None:
    assert lease.take("check", holder="another", seconds=60.0) is not None
    for answer in (operator.post("validation/run_check", WHY), operator.get("validation/run_check")):
        assert answer.status_code == 409
    assert not Check.objects.exists()


def test_the_same_key_checks_once(operator: Caller) -> None:
    first, second = (
        operator.post("validation/run_check", WHY, **{"Idempotency-Key": "one"}).json()["check"]["id"] for _ in range(2)
    )
    assert first == second == Check.objects.get().pk


def test_the_history_tells_each_check_and_up_to_when_all_is_verified(operator: Caller) -> None:
    send(*readings(3))
    consume()
    advance()
    numbers = [run(operator, kind=kind)["id"] for kind in ("health", "event")]
    told = operator.get("validation/history").json()
    assert [each["id"] for each in told["checks"]] == numbers[::-1]
    assert [each["checked"] for each in told["checks"]] == [0, 3]
    assert told["verified"]["health"]["stopped_by"] is None
    assert told["verified"]["health"]["through"] > told["verified"]["health"]["since"]
    page = operator.get("validation/history", before=numbers[1], limit=1).json()["checks"]
    assert [each["id"] for each in page] == numbers[:1]


def test_a_repair_is_previewed_made_once_and_told(operator: Caller) -> None:
    damaged()
    number = run(operator)["id"]
    told = operator.post("validation/repair", {"check": number, "dry_run": True, **WHY}).json()
    assert (told["preview"], told["needs_approval"]) == ({"records": 4, "mended": 0, "left": 4}, False)
    assert not Repair.objects.exists()
    for _ in range(2):
        answer = operator.post("validation/repair", {"check": number, **WHY}, **{"Idempotency-Key": "mend"})
        assert (answer.status_code, answer.json()["repair"]["stored"]) == (200, 4), answer.content
    assert (Repair.objects.get().status, HealthData.objects.count()) == ("done", 5)
    (row,) = operator.get("validation/repairs").json()["repairs"]
    assert (row["actor"], row["reason"], row["mended"], row["check"]) == ("operator", "because", 4, number)


def test_many_records_wait_for_somebody_else_who_may_approve(operator: Caller, person: Person, settings: Any) -> None:
    settings.REPAIR_APPROVAL_ROWS, settings.PLAN_PEOPLE = 3, 2
    damaged()
    answer = operator.post("validation/repair", {"check": run(operator)["id"], **WHY})
    assert (answer.status_code, answer.json()["repair"]["status"]) == (202, "asked")
    address = f"validation/repairs/{answer.json()['repair']['id']}/approve"
    assert operator.post(address, WHY).status_code == 409
    assert person("eve", "rollout.repair_records").post(address, WHY).status_code == 403
    checking.work(None, stopping=threading.Event())
    assert HealthData.objects.count() == 1
    answer = person("bob", "rollout.approve_plan").post(address, WHY)
    assert (answer.status_code, answer.json()["repair"]["stored"]) == (200, 4), answer.content
    row = Repair.objects.get()
    assert (row.actor, row.approved_by, row.status) == ("operator", "bob", "done")
    assert person("dan", "rollout.approve_plan").post(address, WHY).status_code == 409


def test_an_approval_is_of_what_was_found_then(operator: Caller, person: Person, settings: Any) -> None:
    settings.REPAIR_APPROVAL_ROWS = 3
    damaged()
    advance()
    rolling = Check.objects.get(rolling=True).pk
    number = operator.post("validation/repair", {"check": rolling, **WHY}).json()["repair"]["id"]
    send(*readings(1, "later"))
    consume()
    HealthData.objects.filter(device_sn="later").delete()
    advance()
    person("bob", "rollout.approve_plan").post(f"validation/repairs/{number}/approve", WHY)
    assert not HealthData.objects.filter(device_sn="later").exists()
    assert HealthData.objects.count() == 5


def test_a_repair_that_is_left_is_carried_on_by_the_controller(
    operator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged()
    number = run(operator)["id"]
    monkeypatch.setattr(validation, "ANSWER_S", -1.0)
    answer = operator.post("validation/repair", {"check": number, **WHY})
    assert (answer.status_code, answer.json()["repair"]["status"]) == (202, "ready")
    checking.work(None, stopping=threading.Event())
    assert (Repair.objects.get().status, HealthData.objects.count()) == ("done", 5)


def test_a_hole_is_acknowledged_and_what_is_verified_goes_on(operator: Caller) -> None:
    holed(others=1)
    stop = operator.get("validation/history").json()["verified"]["health"]["stopped_by"]
    assert stop["class"] == "hole"
    answer = operator.post("validation/acknowledge", {"findings": [stop["finding"]], **WHY})
    assert (answer.status_code, answer.json()["acknowledged"]) == (200, 1)
    assert answer.json()["verified"]["health"]["stopped_by"] is None
    row = Acknowledgement.objects.get()
    assert (row.actor, row.reason, row.findings.get().pk) == ("operator", "because", stop["finding"])
    # The same hole, found by another check, is known.
    assert run(operator, kind="health")["checked"] == 1
    assert operator.get("validation/history").json()["verified"]["health"]["stopped_by"] is None


def test_what_is_missing_is_not_acknowledged(operator: Caller) -> None:
    damaged()
    run(operator)
    numbers = list(CheckFinding.objects.values_list("pk", flat=True))
    answer = operator.post("validation/acknowledge", {"findings": numbers, **WHY})
    assert answer.status_code == 409
    assert CheckFinding.objects.filter(resolved_at=None).count() == 4


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("run_check", {"time_window_minutes": 0}, "time_window_minutes"),
        ("run_check", {"kind": "none"}, "kind"),
        ("run_check", {"window": 5}, "window"),
        ("repair", {}, "check"),
        ("acknowledge", {"findings": []}, "findings"),
    ],
)
def test_what_can_not_be_is_400_and_named(operator: Caller, path: str, body: dict[str, Any], field: str) -> None:
    answer = operator.post(f"validation/{path}", {**body, **WHY})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_redis_that_is_away_is_503(operator: Caller, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert operator.post("validation/run_check", WHY).status_code == 503

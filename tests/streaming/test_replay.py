"""Replay and discard: what becomes of a letter, and that nothing is stored twice, lost or buried twice."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as changed
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction

from ingest.models import AlertInfo, CommonEvent, DeviceInfo, HealthData
from ingest.records import Device, Health
from streaming import deadletters, registry
from streaming.deadletters import Burial
from streaming.envelope import VERSION, Envelope, Reject, encode
from streaming.failures import Unavailable
from streaming.fingerprints import fingerprint
from streaming.models import DeadLetter
from streaming.registry import Written
from streaming.replay import Outcome, Replayed, replay
from streaming.settling import discard, settle
from streaming.storing import Item, store

AT = 1_790_000_000
MS = AT * 1000


def letter(
    kind: str, payload: bytes, *, form: str = "json", reason: str = "implausible: x 1", sn: str = "A"
) -> DeadLetter:
    with transaction.atomic():
        deadletters.bury([Burial(kind, sn, reason, form, payload, MS)])
    return DeadLetter.objects.order_by("-pk")[0]


def text(**fields: Any) -> bytes:
    return json.dumps({"device_sn": "A", "timestamp": AT, **fields}).encode()


def put(kind: str, *records: Any) -> None:
    store(registry.get(kind), [Item(record, MS) for record in records])


def run(*, dry_run: bool = False) -> list[Replayed]:
    return list(replay(DeadLetter.objects.all(), actor="zhang", dry_run=dry_run))


def outcomes() -> list[Outcome]:
    return [result.outcome for result in run()]


def states() -> list[tuple[str, str]]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", "reason"))


@pytest.mark.django_db
def test_a_text_that_can_be_read_now_is_stored_and_its_letter_replayed() -> None:
    letter("health", text(heart_rate="71"))
    assert outcomes() == [Outcome.NEW]
    assert HealthData.objects.get().heart_rate == 71
    settled = DeadLetter.objects.get()
    assert (settled.state, settled.settled_by) == ("replayed", "zhang")
    assert settled.settled_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("health", text(heart_rate=999), "implausible: heart_rate 999"),
        ("health", b'"a text"', "the body is not a JSON object or list"),
        ("health", b"[1]", "not an object"),
        ("health", b"\xff", "the body is not JSON"),
        ("device", text(SerialNumber="UNKNOWN_DEVICE"), "no serial: UNKNOWN_DEVICE"),
        ("event", text(), "no event type"),
        ("unknown", text(), "no kind 'unknown'; there are device, event, health"),
    ],
)
def test_what_is_still_impossible_stays_open_with_todays_reason(kind: str, payload: bytes, reason: str) -> None:
    letter(kind, payload)
    (result,) = run()
    assert (result.outcome, result.reason) == (Outcome.DEAD, reason)
    assert states() == [("open", "implausible: x 1")]
    assert not HealthData.objects.exists()


@pytest.mark.django_db
def test_a_time_that_was_absent_is_still_the_time_of_receipt() -> None:
    letter("health", json.dumps({"device_sn": "A", "heart_rate": 71}).encode())
    run()
    assert HealthData.objects.get().timestamp.timestamp() == AT


@pytest.mark.django_db
def test_a_conflict_stays_one_open_letter_although_its_ids_have_become_known() -> None:
    put("health", Health("A", AT, heart_rate=70))
    put("health", Health("A", AT, heart_rate=71))
    put("device", Device("A", AT, customer_id=5))
    (result,) = run()
    assert (result.outcome, result.reason) == (Outcome.DEAD, "conflict")
    assert states() == [("open", "conflict")]
    assert HealthData.objects.get().heart_rate == 70


@pytest.mark.django_db
def test_a_text_that_conflicts_now_gets_no_second_letter() -> None:
    put("health", Health("A", AT, heart_rate=70))
    letter("health", text(heart_rate=71))
    (result,) = run()
    assert (result.outcome, result.reason) == (Outcome.DEAD, "conflict")
    assert states() == [("open", "implausible: x 1")]


@pytest.mark.django_db
def test_a_record_that_is_stored_already_settles_its_letter() -> None:
    record = Health("A", AT, heart_rate=70)
    put("health", record)
    letter("health", deadletters.payload(record), form="record", reason="database: DataError 1264")
    assert outcomes() == [Outcome.DUPLICATE]
    assert states() == [("replayed", "database: DataError 1264")]


@pytest.mark.django_db
def test_the_records_of_an_entry_are_stored_and_its_rejects_buried() -> None:
    reject = Reject("health", "B", "implausible: stress 101", b'{"device_sn":"B","stress":101}')
    envelope = Envelope(VERSION, "health", MS, "stream", 1, [Health("A", AT)], [reject])
    letter("health", encode(envelope), form="entry", reason="undecodable: version 1", sn="")
    assert outcomes() == [Outcome.NEW]
    assert HealthData.objects.count() == 1
    assert states() == [("replayed", "undecodable: version 1"), ("open", "implausible: stress 101")]


@pytest.mark.django_db
def test_bytes_that_are_no_entry_stay_open() -> None:
    letter("health", b"\x00\xff", form="entry", reason="undecodable: x", sn="")
    (result,) = run()
    assert result.outcome is Outcome.DEAD
    assert result.reason.startswith("undecodable: ")


@pytest.mark.django_db
def test_a_record_of_another_version_stays_open() -> None:
    letter("health", b'{"device_sn":"A","was":1}', form="record")
    (result,) = run()
    assert result.outcome is Outcome.DEAD
    assert result.reason.startswith("undecodable: fields that health does not have")


@pytest.mark.django_db
def test_an_event_is_stored_although_a_reading_in_it_can_still_not_be() -> None:
    letter("event", text(eventType="SOS_EVENT", healthData={"data": {"heart_rate": 999}}))
    assert outcomes() == [Outcome.NEW]
    assert AlertInfo.objects.get().severity_level == "critical"
    assert states() == [("replayed", "implausible: x 1"), ("open", "implausible: heart_rate 999")]


@pytest.mark.django_db
def test_an_event_is_stored_although_the_reading_in_it_conflicts() -> None:
    put("health", Health("A", AT, heart_rate=70))
    letter("event", text(eventType="SOS_EVENT", healthData={"data": {"heart_rate": 71}}))
    assert outcomes() == [Outcome.NEW]
    assert CommonEvent.objects.count() == 1
    assert states() == [("replayed", "implausible: x 1"), ("open", "conflict")]


@pytest.mark.django_db
def test_a_dry_run_tells_the_same_and_changes_nothing() -> None:
    put("health", Health("A", AT, heart_rate=70))
    for payload in (text(heart_rate=71), text(timestamp=AT + 1), text(timestamp=AT + 2, heart_rate=999)):
        letter("health", payload)
    before = states()
    assert [result.outcome for result in run(dry_run=True)] == [Outcome.DEAD, Outcome.NEW, Outcome.DEAD]
    assert states() == before
    assert HealthData.objects.count() == 1
    assert outcomes() == [Outcome.DEAD, Outcome.NEW, Outcome.DEAD]


@pytest.mark.django_db
def test_one_that_somebody_settles_meanwhile_is_left_alone() -> None:
    letter("health", text())
    second = letter("health", text(timestamp=AT + 1))
    results = replay(DeadLetter.objects.all(), actor="zhang")
    assert next(results).outcome is Outcome.NEW
    list(discard(DeadLetter.objects.filter(pk=second.pk), actor="li"))
    assert [result.outcome for result in results] == [Outcome.ELSEWHERE]
    assert HealthData.objects.count() == 1
    assert DeadLetter.objects.get(pk=second.pk).settled_by == "li"


@pytest.mark.django_db
def test_a_discard_leaves_alone_and_does_not_tell_what_somebody_settled_meanwhile() -> None:
    letters = [letter("health", text(timestamp=AT + n)) for n in range(3)]
    settle(letters[1:2], state="replayed", actor="li")
    told: list[int] = []
    done = settle(letters, state="discarded", actor="zhang", told=lambda each: told.extend(one.pk for one in each))
    assert (done, told) == (2, [letters[0].pk, letters[2].pk])
    assert [state for state, _ in states()] == ["discarded", "replayed", "discarded"]


@pytest.mark.django_db
def test_a_settled_letter_is_not_tried_again() -> None:
    letter("health", text())
    assert outcomes() == [Outcome.NEW]
    assert outcomes() == []


@pytest.mark.django_db(transaction=True)
def test_storing_and_settling_are_one_transaction() -> None:
    letter("health", text())

    def fail(settled: Sequence[DeadLetter]) -> None:
        raise RuntimeError(settled[0].state)

    with pytest.raises(RuntimeError, match="open"):
        list(replay(DeadLetter.objects.all(), actor="zhang", told=fail))
    assert not HealthData.objects.exists()
    assert states() == [("open", "implausible: x 1")]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, int], None]]:
    """Makes the writer of health fail `times` times with a database error of that number."""
    kind = registry.get("health")

    def fail(times: int, number: int) -> None:
        left = [number] * times

        def write(records: Any) -> Written:
            if left:
                raise OperationalError(left.pop(), "made by the test")
            return kind.write(records)

        monkeypatch.setitem(registry._kinds, "health", changed(kind, write=write))

    return fail


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again(failing: Callable[[int, int], None]) -> None:
    letter("health", text())
    failing(2, 1213)
    assert outcomes() == [Outcome.NEW]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("times", "number"), [(5, 1213), (1, 1290)])
def test_a_database_that_can_not_store_stops_the_replay(
    failing: Callable[[int, int], None], times: int, number: int
) -> None:
    letter("health", text())
    failing(times, number)
    with pytest.raises(Unavailable):
        run()
    assert states() == [("open", "implausible: x 1")]
    assert outcomes() == [Outcome.NEW]


@pytest.mark.django_db
def test_what_the_database_refuses_stays_open_with_the_databases_reason(failing: Callable[[int, int], None]) -> None:
    letter("health", text())
    failing(1, 1264)
    (result,) = run()
    assert (result.outcome, result.reason) == (Outcome.DEAD, "database: OperationalError 1264")
    assert states() == [("open", "implausible: x 1")]


def command(name: str, *args: str) -> tuple[int, str]:
    """Exit code and output."""
    output = io.StringIO()
    try:
        call_command(name, *args, stdout=output)
    except CommandError as error:
        return error.returncode, str(error)
    except SystemExit as error:
        return int(str(error.code)), output.getvalue()
    return 0, output.getvalue()


@pytest.fixture
def three(db: None) -> None:
    """An open letter of each: one that can be stored, one that can not, one of a device."""
    letter("health", text(), reason="mended: now")
    letter("health", text(device_sn="B", heart_rate=999), sn="B")
    letter("device", json.dumps({"SerialNumber": "C", "timestamp": AT}).encode(), reason="mended: now", sn="C")


@pytest.mark.parametrize(
    ("options", "new", "dead"),
    [
        ([], 2, 1),
        (["--kind", "device"], 1, 0),
        (["--category", "mended"], 2, 0),
        (["--device", "B"], 0, 1),
        (["--ids", ""], 0, 0),
        (["--kind", "health", "--category", "mended"], 1, 0),
        (["--fingerprint", fingerprint("health", "mended: now")], 1, 0),
        (["--fingerprint", fingerprint("health", "implausible: x 2")], 0, 1),
        (["--fingerprint", "0" * 16], 0, 0),
        (["--since", "2026-09-21 22:13:20"], 2, 1),
        (["--since", "2026-09-21T14:13:21Z"], 0, 0),
        (["--until", "2026-09-21 22:13:20"], 0, 0),
        (["--until", "2026-09-22", "--since", "2026-09-21"], 2, 1),
    ],
)
def test_the_replay_command_takes_what_is_asked_for(three: None, options: list[str], new: int, dead: int) -> None:
    code, output = command("replay_dead_letters", *options, "--format", "json")
    found = json.loads(output)
    assert (code, found["new"], found["dead"]) == (10 if dead else 0, new, dead)
    assert DeadLetter.objects.filter(state="replayed").count() == new
    stored_devices = DeadLetter.objects.filter(state="replayed", kind="device").count()
    assert DeviceInfo.objects.count() == stored_devices == (new == 2 or "device" in options)


def test_letters_are_named_by_number(three: None) -> None:
    pk = DeadLetter.objects.order_by("pk")[0].pk
    assert command("replay_dead_letters", "--ids", f"{pk},")[0] == 0
    assert DeadLetter.objects.get(state="replayed").pk == pk


def test_the_replay_command_tries_without_changing(three: None) -> None:
    code, output = command("replay_dead_letters", "--dry-run")
    assert code == 10
    assert "implausible" in output
    assert not DeadLetter.objects.exclude(state="open").exists()


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-09-21 25:00", ""])
def test_what_is_no_time_is_a_usage_error(three: None, option: str, text: str) -> None:
    with pytest.raises(CommandError):
        call_command("replay_dead_letters", option, text)
    assert states().count(("open", "mended: now")) == 2


def test_the_groups_are_listed_for_people_and_for_machines(three: None) -> None:
    code, output = command("dead_letters", "--format", "json")
    found = json.loads(output)
    assert code == 0
    assert {(group["kind"], group["reason"], group["example"], group["count"]) for group in found} == {
        ("health", "mended: now", "mended: now", 1),
        ("health", "implausible: x …", "implausible: x 1", 1),
        ("device", "mended: now", "mended: now", 1),
    }
    assert {(group["first"], group["last"], group["devices"], group["more"]) for group in found} == {
        ("2026-09-21T22:13:20+08:00", "2026-09-21T22:13:20+08:00", 1, False)
    }
    _, text_ = command("dead_letters", "--kind", "health")
    assert len(text_.splitlines()) == 2
    assert f"{fingerprint('health', 'implausible: x 1')}       1  1 device  2026-09-21 22:13:20 – " in text_
    assert text_.count("health: ") == 2


def test_groups_of_a_state_that_no_letter_is_in_are_none(three: None) -> None:
    assert json.loads(command("dead_letters", "--state", "discarded", "--format", "json")[1]) == []
    assert "No dead letter." in command("dead_letters", "--state", "replayed")[1]
    assert command("dead_letters", "--kind", "xyz")[0] == 2


def test_a_kind_that_nobody_knows_is_a_usage_error(three: None) -> None:
    assert command("replay_dead_letters", "--kind", "xyz")[0] == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.django_db
def test_what_a_host_refused_whose_clock_was_behind_can_be_stored() -> None:
    two_days = 48 * 3_600
    late = text(heart_rate=71, timestamp=AT + two_days)
    letter("health", late, reason="timestamp: 2026 is in the future")
    letter("health", json.dumps({"device_sn": "A", "heart_rate": 72}).encode())
    code, output = command("replay_dead_letters", "--kind", "health", "--judge-now", "--format", "json")
    assert (code, json.loads(output)["new"]) == (0, 1)
    # The other has no time of its own, which is not now.
    assert HealthData.objects.get().heart_rate == 71
    assert [outcome.outcome for outcome in run()] == [Outcome.NEW]
    assert {row.heart_rate for row in HealthData.objects.all()} == {71, 72}


@pytest.mark.django_db
def test_without_that_it_stays_open() -> None:
    letter("health", text(heart_rate=71, timestamp=AT + 48 * 3_600), reason="timestamp: 2026 is in the future")
    assert command("replay_dead_letters")[0] == 10
    far = letter("health", text(timestamp=4_000_000_000), reason="timestamp: 2096 is in the future")
    assert command("replay_dead_letters", "--ids", str(far.pk), "--judge-now")[0] == 10


@pytest.mark.django_db
def test_the_replay_command_fails_when_the_database_does(failing: Callable[[int, int], None]) -> None:
    letter("health", text())
    failing(1, 1290)
    assert command("replay_dead_letters")[0] == 1


def test_the_discard_command_settles_and_keeps(three: None) -> None:
    assert command("discard_dead_letters", "--category", "mended", "--reason", "simulator", "--actor", "li")[0] == 0
    found = DeadLetter.objects.filter(state="discarded")
    assert [(each.settled_by, bool(each.payload)) for each in found] == [("li", True)] * 2
    assert DeadLetter.objects.get(state="open").device_sn == "B"


@pytest.mark.parametrize("options", [[], ["--reason", "why"], ["--all"]])
def test_a_discard_says_which_and_why(three: None, options: list[str]) -> None:
    assert command("discard_dead_letters", *options)[0] == 2
    assert DeadLetter.objects.filter(state="open").count() == 3


def test_the_discard_command_counts_without_changing(three: None) -> None:
    code, output = command("discard_dead_letters", "--all", "--dry-run", "--format", "json")
    assert (code, json.loads(output)) == (0, {"open": 3, "discarded": 0, "dry_run": True})
    assert DeadLetter.objects.filter(state="open").count() == 3

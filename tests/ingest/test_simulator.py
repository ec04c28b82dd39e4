"""The simulator: devices say what they mean, behave as the wire contract says, and every damage is found."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from ingest import models, upload
from ingest.records import Device, Event, Health
from ingest.simulator import fleet as fleets
from ingest.simulator.answer import Answer
from ingest.simulator.comparison import Findings, compare
from ingest.simulator.dialects import GATEWAY, HEALTH
from ingest.simulator.dice import Dice
from ingest.simulator.entry import Entry
from ingest.simulator.fleet import Fleet
from ingest.simulator.ids import UNKNOWN, Ids
from ingest.simulator.pace import Pace
from ingest.simulator.reading import MEASURED, OF_THE_DAY, OF_THE_WEEK
from ingest.simulator.sender import RING, Sender
from ingest.simulator.state import COLUMNS as STATE
from ingest.simulator.tally import Tally
from ingest.simulator.track import Track
from ingest.simulator.upload import Upload
from streaming.models import DeadLetter
from tests.ingest import paths

NOW = int(time.time())
PREFIX = "SIM0-test-"


def fleet(*, devices: int = 40, seed: int = 1, bad: float = 0.05) -> Fleet:
    return fleets.make(seed=seed, devices=devices, prefix=PREFIX, started=NOW, bad=bad)


def yes(sent: Upload, at: float = 0.0) -> Answer:
    status = "accepted" if sent.always_stream else "success"
    rejected = [{"index": index, "reason": ""} for index in sent.refused]
    body = {"status": status, "success": True, "accepted": sent.accepted, "rejected": rejected}
    return Answer(200, msgspec.json.encode(body), at, at)


def no(status: int | None = 503) -> Answer:
    return Answer(status, b"", 0.0, 0.0)


def watch(*, bad: float = 0.0) -> Sender:
    return fleet(devices=1, bad=bad).senders[0]


def until(sender: Sender, state: Callable[[], Any]) -> Upload:
    """Turns of success until `state`; returns the upload that is under way then."""
    for _ in range(5_000):
        sent = sender.next()
        if state():
            return sent
        sender.answered(sent, yes(sent))
    raise AssertionError("it never came to that")


# dice


def test_dice_of_the_same_names_fall_alike() -> None:
    one, other, third = Dice(1, "a"), Dice(1, "a"), Dice(1, "b")
    drawn = [one.below(1000) for _ in range(200)]
    assert drawn == [other.below(1000) for _ in range(200)]
    assert drawn != [third.below(1000) for _ in range(200)]
    assert min(drawn) >= 0
    assert len(set(drawn)) > 100


def test_a_fleet_of_the_same_seed_sends_the_same() -> None:
    def bodies(seed: int) -> list[bytes]:
        return [sender.next().body for sender in fleet(seed=seed).senders]

    assert bodies(1) == bodies(1)
    assert bodies(1) != bodies(2)


def test_no_two_devices_share_a_serial_and_some_differ_in_case_alone() -> None:
    serials = [wearer.serial for wearer in fleet(devices=200).wearers]
    assert len(set(serials)) == 200
    assert len({serial.lower() for serial in serials}) == 180
    assert any(not serial.isascii() for serial in serials)


# what the dialects say, read by the project's own parser


def test_every_dialect_says_what_the_device_means() -> None:
    seen = set()
    for sender in fleet().senders:
        for _ in range(60):
            sent = sender.next()
            kind = next(kind for kind, word in paths.ENDPOINTS.items() if word[8:12] in sent.path.replace("-", "_"))
            taken = upload.read(sent.body, kind=kind, depth=16, most=500, mixed="common" in sent.path)
            assert taken.accepted == sent.accepted
            assert {item["index"] for item in taken.rejected} == sent.refused
            records = {_place(record): record for part in taken.parts.values() for record in part.records}
            rejects = {reject.payload: reject for part in taken.parts.values() for reject in part.rejects}
            for entry in sent.entries:
                seen.add((type(sender.dialect).__name__, entry.kind))
                if entry.is_fault:
                    fault = entry.wearer.known_faults[entry.number]
                    assert rejects[fault.payload].kind == fault.kind
                    assert rejects[fault.payload].reason.startswith(fault.reason)
                elif entry.wearer.has_clock:
                    _compare(entry, records, {_place(r): r for e in records.values() for r in getattr(e, "health", [])})
            sender.answered(sent, yes(sent))
    assert len(seen) == 5 * 3


def _place(record: Any) -> tuple[str, int, str]:
    kind = type(record).__name__
    return (record.serial_number if isinstance(record, Device) else record.device_sn), record.timestamp, kind


def _compare(entry: Entry, records: dict[Any, Any], nested: dict[Any, Any]) -> None:
    wearer, track, number = entry
    at = track.times[number]
    if track.has_rival(number):
        return  # two records of one second in one upload: the dictionaries keep one
    if track is wearer.states:
        state, record = wearer.state(number), records[wearer.serial, at, "Device"]
        assert [getattr(record, name) for name in STATE] == [getattr(state, name) for name in STATE]
        assert _belongs(record, state.ids, entry)
    elif track is wearer.events:
        event, record = wearer.event(number), records[wearer.serial, at, "Event"]
        assert isinstance(record, Event)
        assert (record.event_type, record.event_value) == (event.type, event.value)
        assert (record.latitude, record.longitude, record.altitude) == (event.latitude, event.longitude, event.altitude)
        assert _belongs(record, event.ids, entry)
    else:
        reading = wearer.reading(number)
        record = (records | nested)[wearer.serial, at, "Health"]
        assert isinstance(record, Health)
        assert [getattr(record, name) for name in MEASURED] == [getattr(reading, name) for name in MEASURED]
        assert record.upload_method in wearer.stored_methods(number)
        assert _belongs(record, reading.ids, entry)
        for name in OF_THE_DAY + OF_THE_WEEK:
            text = getattr(record, name)
            assert (None if text is None else msgspec.json.decode(text)) == getattr(reading, name)


def _belongs(record: Any, known: Ids, entry: Entry) -> bool:
    """To whom it says, or, where it does not say, to whom its neighbours in the upload say."""
    held = (record.customer_id, record.org_id, record.user_id)
    return held == tuple(known) or (known == UNKNOWN and held == tuple(entry.wearer.ids))


# how devices behave


def test_a_ring_that_was_refused_is_sent_again_whole_with_what_was_measured_since() -> None:
    sender = watch()
    first = until(sender, lambda: not sender.queue and not sender.again)
    assert [sender.answered(first, no()) for _ in range(5)] == [1.0, 2.0, 3.0, 10.0, 10.0]
    second = sender.next()
    assert second.entries[: len(first.entries)] == first.entries
    assert len(second.entries) > len(first.entries)
    assert sender.answered(second, yes(second)) == 0
    assert sender.ring == []
    assert all(track.was_accepted(number) for _, track, number in second.entries)


def test_a_ring_holds_a_hundred_and_loses_the_oldest() -> None:
    sender = watch(bad=0.3)
    sent = until(sender, lambda: not sender.queue and not sender.again)
    for _ in range(150):
        sender.answered(sent, no(None))
        sent = sender.next()
        assert len(sender.ring) <= RING
    assert len(sender.ring) == RING


def test_a_queue_that_was_refused_starts_again_from_its_beginning() -> None:
    sender = watch()
    first = until(sender, lambda: len(sender.queue) > 2)
    sender.answered(first, yes(first))
    second = sender.next()
    assert second.entries != first.entries
    sender.answered(second, no())
    assert sender.next().entries == first.entries


def test_back_from_an_offline_period_comes_a_full_ring_and_old_states_after_the_newest() -> None:
    sender = watch()
    first = until(sender, lambda: len(sender.ring) >= 50)
    (wearer, track, number), later = first.entries[0], sender.queue[1:]
    assert track is wearer.states
    assert all(track.times[n] < track.times[number] for (entry, *_) in later for _, t, n in [entry] if t is track)


def test_an_accepted_upload_is_sent_again_word_for_word() -> None:
    sender = fleet(devices=12, bad=0.0).senders[-1]  # a relay: nobody else sends what it has sent
    sent: list[list[Entry]] = []

    def again() -> bool:
        sent.append(sender.sending)
        return sender.again

    resent = until(sender, again)
    assert sent[-1] == sent[-2]
    assert all(track.was_accepted(number) for _, track, number in resent.entries)


@pytest.mark.parametrize(
    ("status", "body", "reads", "success"),
    [
        (200, b'{"status": "success", "success": true}', True, True),
        (200, b'{"status": "success"}', True, True),
        (200, b'{"status": "success", "success": false}', True, False),
        (200, b'{"status": "error"}', True, False),
        (200, b"gone", True, False),
        (200, b"gone", False, True),
        (201, b'{"status": "success"}', False, False),
        (202, b'{"status": "success"}', True, False),
        (503, b'{"status": "error"}', False, False),
        (None, b"", False, False),
    ],
)
def test_success_is_200_exactly_and_what_the_body_says_to_those_who_read_it(
    status: int | None, body: bytes, reads: bool, success: bool
) -> None:
    sent = Upload("/upload_health_data", b"", [], 1, frozenset(), reads, always_stream=False)
    assert Answer(status, body, 0, 0).is_success(sent) is success


def test_an_answer_that_contradicts_its_upload_is_noticed() -> None:
    sent = Upload("/upload_health_data", b"", [], 2, frozenset({1}), True, always_stream=False)
    assert yes(sent).contradiction(sent) == ""
    assert no().contradiction(sent) == ""
    wrong = Answer(200, b'{"status": "success", "accepted": 3, "rejected": []}', 0, 0)
    assert "where 2 and [1] were meant" in wrong.contradiction(sent)
    tally = Tally()
    tally.count(sent, wrong)
    assert len(tally.contradictions) == 1


def test_a_rival_travels_behind_the_first_until_the_first_is_dropped() -> None:
    track = Track(HEALTH)
    first = track.add(5)
    rival = track.add_rival(first, certain=True)
    for number in (first, rival):
        track.sent(number)
    assert list(track.firsts()) == [first]
    assert track.of_second(first) == [first, rival]
    assert track.must_stay(first, in_order=False)
    track.drops(first)
    assert not track.must_stay(first, in_order=False)
    assert track.must_stay(first, in_order=True)
    track.by_stream.add(first)
    assert not track.must_stay(first, in_order=True)


def test_a_pace_gives_no_more_turns_than_were_asked_and_none_after_its_time() -> None:
    async def run() -> tuple[int, bool]:
        pace, turns = Pace(200), 0

        async def take() -> None:
            nonlocal turns
            while await pace.turn():
                turns += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(5):
                tasks.create_task(take())
            await pace.run(asyncio.Event(), seconds=0.2)
        return turns, await pace.turn()

    turns, more = asyncio.run(run())
    assert 1 <= turns <= 41
    assert more is False


# comparison


@pytest.fixture
def stored(edge: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Fleet:
    """A fleet whose uploads this very process has taken, on the legacy path and on the stream."""
    clock = iter(range(NOW, NOW + 10**6, 2))
    moment = NOW
    monkeypatch.setattr(upload, "clock", lambda: moment)
    paths.share(50)
    made, device = fleet(devices=40), Client()
    for turn in range(12):
        for sender in made.senders:
            moment = next(clock)
            sent = sender.next()
            if turn == 3:
                sender.answered(sent, no(None))  # never received
                continue
            answer = device.generic("POST", sent.path, sent.body, "application/json")
            told = Answer(answer.status_code, answer.content, moment, moment)
            assert told.contradiction(sent) == ""
            sender.answered(sent, no(None) if turn == 5 else told)  # received, and the answer was lost
    paths.drain()
    return made


def test_what_was_accepted_is_found_and_nothing_else(stored: Fleet) -> None:
    findings = compare(stored)
    assert findings.texts == {}
    assert findings.clean
    assert all(findings.stored[kind] for kind in paths.ENDPOINTS)
    assert findings.dead[HEALTH] > 0


def _change(model: Any, **change: Any) -> Callable[[], None]:
    def damage() -> None:
        row = model.objects.filter(**{f"{name}__isnull": False for name in change}).order_by("pk").first()
        assert model.objects.filter(pk=row.pk).update(**change) == 1

    return damage


def _delete(model: Any, **which: Any) -> Callable[[], None]:
    def damage() -> None:
        row = model.objects.filter(**which).order_by("pk").first()
        assert model.objects.filter(pk=row.pk).delete()[0] == 1

    return damage


def _copy(model: Any, **change: Any) -> Callable[[], None]:
    def damage() -> None:
        row = model.objects.order_by("pk").first()
        row.pk = None
        for name, value in change.items():
            setattr(row, name, value(getattr(row, name)) if callable(value) else value)
        row.save(force_insert=True)

    return damage


def _later(moment: Any) -> Any:
    return moment + timedelta(days=400)


DAMAGES: dict[str, tuple[str, Callable[[], None]]] = {
    "a lost reading": ("missing", _delete(models.HealthData, user_id__isnull=False)),
    "another heart rate": ("different", _change(models.HealthData, heart_rate=7)),
    "a temperature slightly off": ("different", _change(models.HealthData, temperature=36.55)),
    "zero for not measured": (
        "different",
        lambda: (
            models.HealthData.objects.filter(
                pk=models.HealthData.objects.filter(stress__isnull=True).order_by("pk").values_list("pk")[0][0]
            ).update(stress=0)
            and None
        ),
    ),
    "an id cut to a double": ("different", _change(models.HealthData, customer_id=1_900_000_000_000_000_000)),
    "another upload method": ("different", _change(models.HealthData, upload_method="carrier pigeon")),
    "a reading nobody sent": ("different", _copy(models.HealthData, timestamp=_later)),
    "a reading of a device nobody has": ("different", _copy(models.HealthData, device_sn=f"{PREFIX}00000")),
    "a day's sleep lost": ("different", _change(models.HealthDaily, sleep_data=None)),
    "a lost day": ("missing", _delete(models.HealthDaily)),
    "a lost week": ("missing", _delete(models.HealthWeekly)),
    "a week of an older reading": ("different", _change(models.HealthWeekly, exercise_week_at=1)),
    "a lost state": ("missing", _delete(models.DeviceInfoHistory)),
    "a changed state": ("different", _change(models.DeviceInfoHistory, voltage=1)),
    "a device that fell back": ("different", _change(models.DeviceInfo, timestamp="2020-01-01T00:00:00Z")),
    "a lost device": ("missing", _delete(models.DeviceInfo)),
    "a lost event": ("missing", _delete(models.CommonEvent)),
    "an invented place": ("different", _change(models.CommonEvent, longitude=1.0)),
    "a lost alert": ("missing", _delete(models.AlertInfo)),
    "an alert twice": ("doubled", _copy(models.AlertInfo, dedup_key="again")),
    "an alert less severe": ("different", _change(models.AlertInfo, severity_level="trifling")),
    "an alert without its reading": ("different", _change(models.AlertInfo, health_id=None)),
    "a lost dead letter": ("missing", _delete(DeadLetter, form="json", device_sn__startswith=PREFIX)),
    "a lost dead letter without a serial": ("missing", _delete(DeadLetter, device_sn="")),
    "a lost conflict": ("missing", _delete(DeadLetter, reason="conflict")),
    "a dead letter of a good record": (
        "different",
        _copy(DeadLetter, digest="0" * 32, payload=b'{"deviceSn":"x"}'),
    ),
    "a dead letter twice": ("doubled", _copy(DeadLetter, digest="0" * 32)),
    "another reason": ("different", _change(DeadLetter, reason="out of sorts")),
}


def test_every_damage_is_found(stored: Fleet) -> None:
    found = {}
    for name, (sort, damage) in DAMAGES.items():
        with transaction.atomic():
            damage()
            findings = compare(stored)
            found[name] = bool(getattr(findings, sort))
            transaction.set_rollback(True)
    assert [name for name, seen in found.items() if not seen] == []
    assert compare(stored).clean


def test_an_accepted_record_that_was_never_stored_is_missing(edge: None) -> None:
    made = fleet(devices=1, bad=0.0)
    (sender,) = made.senders
    sent = sender.next()
    sender.answered(sent, yes(sent))
    assert compare(made).missing > 0


def test_a_record_of_which_nobody_knows_is_neither_required_nor_forbidden(stored: Fleet) -> None:
    assert compare(stored).unasked < 10
    for wearer in stored.wearers:
        for track in (wearer.readings, wearer.states, wearer.events):
            track.marks[:] = bytes(min(mark, 1) for mark in track.marks)
    findings = compare(stored)
    assert (findings.doubled, findings.different) == (0, 0)
    assert findings.unasked > 100


def test_findings_keep_the_first_few_texts_and_count_them_all() -> None:
    findings = Findings()
    for number in range(50):
        findings.is_missing(f"reading {number}")
    assert findings.missing == 50
    assert findings.texts["missing"][0] == "reading 0"
    assert len(findings.texts["missing"]) == 10
    assert not findings.clean


# command


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No run may start."""
    monkeypatch.setattr("ingest.simulator.sending.Sending.run", None)
    return


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7:5225", "http://example.org", "http://[2001:db8::1]:80", "http://127.0.0.1.example.org"]
)
def test_another_machine_is_not_loaded_unless_it_is_meant(quiet: None, url: str) -> None:
    with pytest.raises(CommandError, match="--yes-not-loopback") as refused:
        call_command("simulate", base_url=url)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [["--base-url=ftp://127.0.0.1"], ["--devices=0"], ["--rate=0"], ["--bad=2"], ["--prefix=WATCH-"], ["--seconds=x"]],
)
def test_an_argument_that_can_not_be_is_refused(quiet: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("simulate", *arguments)


@pytest.mark.django_db
def test_readings_of_an_earlier_run_are_not_taken_for_this_ones(quiet: None) -> None:
    models.HealthData.objects.create(
        device_sn="SIM1-taken-00001W",
        timestamp="2026-01-01T00:00:00Z",
        upload_method="wifi",
        create_time="2026-01-01T00:00:00Z",
        update_time="2026-01-01T00:00:00Z",
    )
    with pytest.raises(CommandError, match="SIM1-taken-"):
        call_command("simulate", prefix="SIM1-taken-")


@pytest.mark.django_db
def test_a_server_that_is_not_there_is_said_at_once(quiet: None) -> None:
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:9") as refused:
        call_command("simulate", base_url="http://127.0.0.1:9")
    assert refused.value.returncode == 3


def test_a_gateway_has_several_wearers_in_one_upload() -> None:
    sender = next(sender for sender in fleet().senders if sender.dialect is GATEWAY)
    sent = until(sender, lambda: not sender.queue)
    assert len({entry.wearer.serial for entry in sent.entries}) == 3

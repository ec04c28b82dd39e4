"""Fingerprints: one cause is one group, whatever the values are, and two causes are two."""

import json
import re
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from ingest import upload
from streaming.deadletters import Burial, bury
from streaming.fingerprints import fingerprint, normal
from streaming.models import DeadLetter
from tests.ingest.fuzz import FUZZ, anything
from tests.ingest.hostile import RECORDS, element

fill = import_module("streaming.migrations.0004_fill_fingerprints").fill


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("implausible: heart_rate 999", "implausible: heart_rate 1000"),
        ("implausible: heart_rate 999", "implausible: heart_rate [75]"),
        ("implausible: org_id wrong", "implausible: org_id {'$ne': None}"),
        ("implausible: wear_state ", "implausible: wear_state is it?"),
        ("implausible: imei is longer than 32 characters", "implausible: imei is longer than 64 characters"),
        ("timestamp: year 2105 is in the future", "timestamp: year 2286 is in the future"),
        ("timestamp: yesterday is no time", "timestamp: 17:00 is no time is no time"),
        ("timestamp: 0 is neither seconds (10 digits) nor milliseconds (13 digits)",
         "timestamp: -1.5 is neither seconds (10 digits) nor milliseconds (13 digits)"),
        ("no serial: UNKNOWN_DEVICE", "no serial: null"),
        ("undecodable: version 3, this code knows 1", "undecodable: version -17, this code knows 1"),
        ("undecodable: kind 'a' in the stream of 'health'", "undecodable: kind \"it's\" in the stream of 'health'"),
        ("undecodable: kind 'it\\'s\"' in the stream of 'health'", "undecodable: kind 'b' in the stream of 'health'"),
        ("undecodable: Expected `str`, got `int` - at `$[5][0][1]`",
         "undecodable: Expected `str`, got `int` - at `$[5][17][2]`"),
        ("undecodable: 'utf-8' codec can't decode byte 0xff in position 3: invalid start byte",
         "undecodable: 'utf-8' codec can't decode byte 0x80 in position 17: invalid start byte"),
        ("mended: A-17 was wrong", "mended: TEST0001 was wrong"),
        ("x: 'cut off in its mid", "x: 'cut off elsewhe"),
    ],
)  # fmt: skip
def test_reasons_that_differ_in_values_share_a_fingerprint(one: str, other: str) -> None:
    assert normal(one) == normal(other)
    assert fingerprint("health", one) == fingerprint("health", other)


def test_reasons_that_differ_in_anything_else_do_not() -> None:
    reasons = [
        "implausible: heart_rate 999",
        "implausible: stress 999",
        "implausible: device_sn is longer than 64 characters",
        "implausible: device_sn holds NUL",
        "implausible: device_sn holds a lone surrogate",
        "implausible: device_sn has more than 20 digits",
        "implausible: device_sn 1.5",
        "implausible: sleep_data is not JSON",
        "implausible: sleep_data is deeper than 16",
        "timestamp: year 2105 is in the future",
        "timestamp: year 2014 is before 2015",
        "timestamp: x is no time",
        "timestamp: 1 is neither seconds (10 digits) nor milliseconds (13 digits)",
        "no serial",
        "no serial: null",
        "no event type",
        "not an object",
        "conflict",
        "database: DataError 1264",
        "database: DataError 1406",
        "undecodable: Expected `str`, got `int`",
        "undecodable: Expected `int`, got `str`",
        "",
    ]
    assert len({fingerprint("health", reason) for reason in reasons}) == len(reasons)


def test_the_same_reason_of_two_kinds_is_two_groups() -> None:
    assert fingerprint("health", "no serial") != fingerprint("device", "no serial")


def test_a_fingerprint_never_changes() -> None:
    assert fingerprint("health", "implausible: heart_rate 999") == "19c55196000c4417"
    assert fingerprint("event", "conflict") == "d0de31f8bc03e561"


def test_what_the_table_cuts_off_makes_no_other_group() -> None:
    reason = "undecodable: " + "x" * 300
    assert fingerprint("health", reason) == fingerprint("health", reason[:255])


SAID = "…|holds NUL|holds a lone surrogate|is not JSON|(is longer|has more|is deeper) than …( characters| digits)?"


def test_hostile_records_make_few_groups_without_a_value_in_them() -> None:
    found = set()
    for case in RECORDS:
        for kind in case.kinds:
            taken = upload.read(element(kind, case.members).encode(), kind=kind, depth=16, most=500)
            found |= {normal(reject["reason"]) for reject in taken.rejected}
    fields = "|".join(sorted({reason.split(" ")[1] for reason in found if reason.startswith("implausible: ")}))
    allowed = rf"implausible: ({fields}) ({SAID})|timestamp: .*|no serial(: …)?|no event type|not an object"
    assert {reason for reason in found if not re.fullmatch(allowed, reason)} == set()
    assert {reason for reason in found if reason.startswith("timestamp: ")} == {
        "timestamp: year … is in the future",
        "timestamp: year … is before …",
        "timestamp: … is in the future",
        "timestamp: … is before …",
        "timestamp: … is no time",
        "timestamp: … is neither seconds (10 digits) nor milliseconds (13 digits)",
    }
    assert len(fields.split("|")) <= 40
    assert len(found) <= 90


@given(anything, st.sampled_from(["heart_rate", "timestamp", "deviceSn", "customerId", "sleepData", "latitude"]))
@FUZZ
def test_no_value_makes_a_group_of_its_own(value: object, name: str) -> None:
    raw = json.dumps({"deviceSn": "A", name: value}).encode()
    taken = upload.read(raw, kind="health", depth=16, most=500)
    for reject in taken.rejected:
        again = normal(reject["reason"])
        assert re.fullmatch(
            r"no serial(: …)?|timestamp: (year … is (in the future|before …)|… is (no time|neither seconds .*))"
            rf"|implausible: (heart_rate|device_sn|customer_id|sleep_data|latitude) ({SAID})",
            again,
        )


@pytest.mark.usefixtures("db")
def test_a_buried_record_has_the_fingerprint_of_its_kind_and_reason() -> None:
    bury([Burial("health", "A", "implausible: heart_rate 999", "json", b"{}", 0)])
    assert DeadLetter.objects.get().fingerprint == fingerprint("health", "implausible: heart_rate 1")


@pytest.mark.usefixtures("db")
def test_letters_from_before_there_were_fingerprints_get_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = ["implausible: heart_rate 999", "conflict", "x: " + "y" * 400]
    with transaction.atomic():
        bury([Burial("health", "A", reasons[n % 3], "json", b"%d" % n, 0) for n in range(10)])
    wanted = list(DeadLetter.objects.order_by("pk").values_list("pk", "fingerprint"))
    DeadLetter.objects.exclude(pk=wanted[5][0]).update(fingerprint="")
    DeadLetter.objects.filter(pk=wanted[5][0]).update(fingerprint="kept as it is")
    monkeypatch.setattr(import_module("streaming.migrations.0004_fill_fingerprints"), "CHUNK", 3)
    fill(apps, SimpleNamespace(connection=connection))
    found = list(DeadLetter.objects.order_by("pk").values_list("pk", "fingerprint"))
    assert found == [*wanted[:5], (wanted[5][0], "kept as it is"), *wanted[6:]]


@pytest.mark.usefixtures("db")
def test_a_process_of_the_version_before_goes_on_burying() -> None:
    bury([Burial("health", "A", "conflict", "json", b"{}", 0)])
    columns = (
        "kind, device_sn, reason, category, form, payload, received_at, created_at, state, settled_by, settled_reason"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ljwx_dead_letter (digest, {columns}) SELECT 'another', {columns} FROM ljwx_dead_letter"
        )
    assert sorted(DeadLetter.objects.values_list("fingerprint", flat=True))[0] == ""

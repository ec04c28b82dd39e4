"""No input makes the edge fail, spoils its neighbours, or is treated differently on the two paths."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client
from rest_framework.exceptions import ParseError

from ingest import upload
from ingest.views import UploadView
from ljwx.redis import client
from streaming import registry
from tests.ingest import paths
from tests.ingest.hostile import BODIES, MIXED, NESTED, RECORDS, Body, Nested, Record, element, quoted
from tests.ingest.outcomes import Outcome, outcome, undone

pytestmark = pytest.mark.usefixtures("edge")


def check_reasons(found: Outcome, reasons: tuple[str, ...]) -> None:
    """Each reject was answered with its reason, and is a dead letter with that reason."""
    answered = [reject["reason"].removeprefix("healthData: ") for reject in found.answer.body["rejected"]]
    assert len(answered) == len(reasons)
    assert all(mine.startswith(wanted) for mine, wanted in zip(answered, reasons, strict=True))
    assert {reason for _kind, _serial, reason, _payload in found.dead} == set(answered)


def cases(table: list[Any]) -> list[Any]:
    return [pytest.param(kind, case, id=f"{kind}: {case.name}") for case in table for kind in case.kinds]


@pytest.mark.parametrize(("kind", "case"), cases(RECORDS))
def test_a_record_is_stored_or_kept_and_its_neighbours_are_stored(kind: str, case: Record) -> None:
    odd = element(kind, case.members)
    good = [element(kind, {}, serial=f"GOOD{number}") for number in (1, 2)]
    found = outcome(paths.ENDPOINTS[kind], f'{{"data":[{good[0]},{odd},{good[1]}]}}'.encode())
    assert found.answer.status == 200
    assert found.answer.body["status"] == "success"
    assert found.answer.body["accepted"] == (3 if not case.reason else 2)
    assert [reject["index"] for reject in found.answer.body["rejected"]] == ([1] if case.reason else [])
    check_reasons(found, (case.reason,) if case.reason else ())
    assert [(letter[0], letter[3]) for letter in found.dead] == ([(kind, odd.encode())] if case.reason else [])
    serials = [row.get("device_sn") or row.get("serial_number") for row in found.rows[kind]]
    assert {"GOOD1", "GOOD2"} <= set(serials)
    assert len(serials) == (2 if case.reason else 3)


@pytest.mark.parametrize(("kind", "case"), cases(BODIES))
def test_a_body_is_answered_stored_or_kept(kind: str, case: Body) -> None:
    found = outcome(paths.ENDPOINTS[kind], case.body, case.content_type)
    assert found.answer.status == case.status
    if case.status != 200:
        assert found.answer.body["status"] == "error"
        assert isinstance(found.answer.body["message"], str)
        assert (found.rows, found.dead) == ({}, [])
        return
    assert found.answer.body["accepted"] == case.accepted
    check_reasons(found, case.reasons)
    assert bool(found.rows) == bool(case.accepted)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in NESTED])
def test_an_event_is_stored_whatever_health_data_it_carries(case: Nested) -> None:
    sent = element("event", {"eventType": '"SOS_EVENT"', "healthData": case.content})
    found = outcome(paths.ENDPOINTS["event"], sent.encode())
    assert found.answer.status == 200
    assert found.answer.body["accepted"] == 1
    check_reasons(found, case.reasons)
    assert len(found.rows["event"]) == len(found.rows["alert"]) == 1
    assert len(found.rows.get("health", [])) == case.readings
    assert {letter[0] for letter in found.dead} <= {"health"}


@pytest.mark.parametrize(
    ("content", "status", "accepted", "reasons"), [pytest.param(*case[1:], id=case[0]) for case in MIXED]
)
def test_a_batch_of_all_kinds_keeps_what_it_can_not_store(
    content: dict[str, Any], status: int, accepted: int, reasons: tuple[str, ...]
) -> None:
    found = outcome("/batch/upload-common-event", json.dumps(content).encode())
    assert found.answer.status == status
    if status == 200:
        assert found.answer.body["accepted"] == accepted
        check_reasons(found, reasons)


@pytest.mark.parametrize("path", ["/upload_health_data", "/upload_device_info_v2/", "/batch/upload-common-event"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
def test_another_method_is_refused(path: str, method: str) -> None:
    response = Client().generic(method, path, b"{}", "application/json")
    assert response.status_code == 405
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.content)["status"] == "error"
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("kind", paths.ENDPOINTS)
def test_a_body_without_a_length_is_read(kind: str) -> None:
    body = element(kind, {}).encode()
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    response = UploadView.as_view(kind=kind)(ASGIRequest(scope, BytesIO(body))).render()
    assert response.status_code == 200
    assert json.loads(response.content)["accepted"] == 1


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (b"\xb2", 200),
        (b"-1", 200),
        (b"+5", 200),
        (b"abc", 200),
        (b"", 200),
        (b"1e3", 200),
        (b"262145", 413),
        (b"9" * 5_000, 413),
    ],
)
def test_a_length_that_is_no_number_is_no_length(length: bytes, status: int) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    response = UploadView.as_view(kind="health")(ASGIRequest(scope, BytesIO(element("health", {}).encode()))).render()
    assert response.status_code == status


def test_a_body_without_a_length_is_not_read_beyond_the_limit() -> None:
    body = BytesIO(b" " * (1 << 20))
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    response = UploadView.as_view(kind="health")(ASGIRequest(scope, body)).render()
    assert response.status_code == 413
    assert body.tell() == 256 * 1024 + 1


@pytest.mark.parametrize("member", ['"x":{}', '"heart_rate":{}', '"timestamp":{}', '"sleepData":{}'])
def test_health_data_of_no_depth_makes_the_edge_fail(member: str) -> None:
    for depth in range(1, 1_100):
        content = "{" + member.replace("{}", "[" * depth + "]" * depth) + ',"stress":999}'
        sent = element("event", {"healthData": quoted(content)}).encode()
        taken = upload.read(sent, kind="event", depth=16, most=500)
        assert (taken.accepted, len(taken.rejected)) == (1, 1)


@pytest.mark.parametrize("reading", [{"heart_rate": 70}, {"heart_rate": 999}, 7])
def test_the_readings_of_events_count_towards_the_records_of_a_request(reading: Any) -> None:
    data = [{**reading, "timestamp": 1788339600 + n} if isinstance(reading, dict) else n for n in range(1_000)]
    body = json.dumps({"deviceSn": "ODD", "eventType": "X", "timestamp": 1788339600, "healthData": {"data": data}})
    try:
        taken = upload.read(body.encode(), kind="event", depth=16, most=500)
    except upload.TooMany:
        return
    records = [record for part in taken.parts.values() for record in part.records]
    assert sum(len(record.health) for record in records) + len(taken.rejected) <= 500


def test_serials_that_differ_in_any_character_never_merge() -> None:
    serials = [
        "abc-É",
        "ABC-É",
        "abc-é",
        "abc-e",
        "abc-E",
        "abc\u200b-e",
        "abc‐e",
        "ａbc-e",
        "abc-ß",
        "abc-ss",
        "abc-ı",
    ]
    for percentage in (0, 100):
        with undone():
            paths.share(percentage)
            for kind in paths.ENDPOINTS:
                sent = ",".join(element(kind, {}, serial=serial) for serial in serials)
                assert paths.post(paths.ENDPOINTS[kind], f"[{sent}]".encode()).body["accepted"] == len(serials)
            paths.drain()
            for kind, column in (("health", "device_sn"), ("device", "serial_number"), ("event", "device_sn")):
                assert sorted(row[column] for row in paths.rows()[kind]) == sorted(serials)
            assert paths.dead() == []


def test_a_serial_in_either_normal_form_is_one_device() -> None:
    for serial in ("Caf\u00e9-1", "Cafe\u0301-1", " Caf\u00e9-1\t"):
        sent = json.dumps({"deviceSn": serial, "heart_rate": 70, "timestamp": 1788339600}).encode()
        assert paths.post("/upload_health_data", sent).body["accepted"] == 1
    assert [row["device_sn"] for row in paths.rows()["health"]] == ["Caf\u00e9-1"]


def test_a_refused_body_never_reaches_a_stream() -> None:
    paths.share(100)
    for case in BODIES:
        if case.status != 200:
            paths.post("/upload_health_data", case.body, case.content_type)
    assert [client("control").exists(kind.stream) for kind in registry.kinds()] == [0, 0, 0]


def test_the_table_is_as_large_as_it_should_be() -> None:
    assert len(RECORDS) + len(BODIES) + len(NESTED) + len(MIXED) >= 130
    assert len({case.name for case in RECORDS}) == len(RECORDS)
    with pytest.raises(ParseError):
        upload.read(b"", kind="health", depth=16, most=500)

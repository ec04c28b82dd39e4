"""The answer that carries its commit."""

import json
from typing import Any

import pytest
from django.test import RequestFactory

from ingest.accept import ALWAYS_STREAM, ROUTED, CanNotAccept, Commit
from ingest.response import UploadResponse
from ingest.upload import Upload

REJECTED = [{"index": 7, "reason": "timestamp: year 2105 is in the future"}]


class Recorded(Commit):
    """A commit that counts, and fails when it is told to."""

    runs = 0
    failure: Exception | None = None

    def run(self) -> None:
        self.runs += 1
        if self.failure:
            raise self.failure


def response(*, lane: str = ROUTED, deferred: bool = False, **commit: Any) -> UploadResponse:
    request = RequestFactory().post("/")
    request.defers_commit = deferred  # type: ignore[attr-defined]
    return UploadResponse(Recorded(Upload(0, accepted=49, rejected=REJECTED), lane, **commit), request)


def test_the_body_says_what_happened() -> None:
    answer = response().render()
    assert answer.status_code == 200
    assert json.loads(answer.content) == {
        "status": "success",
        "success": True,
        "message": "49 accepted, 1 rejected",
        "accepted": 49,
        "rejected": REJECTED,
    }


@pytest.mark.parametrize(("stream_ids", "processing", "first"), [(["5-0", "5-1"], "async", "5-0"), ([], "sync", None)])
def test_the_test_lane_says_where_its_records_are(stream_ids: list[str], processing: str, first: str | None) -> None:
    answer = json.loads(response(lane=ALWAYS_STREAM, stream_ids=stream_ids).render().content)
    assert answer["status"] == "accepted"
    assert answer["success"] is True
    assert (answer["processing"], answer["stream_id"]) == (processing, first)


def test_rendering_commits_once() -> None:
    answer = response()
    assert answer.render() is answer
    answer.render()
    assert answer.commit.runs == 1


def test_nothing_is_said_before_it_is_durable() -> None:
    answer = response()
    assert (answer.commit.runs, answer.content) == (0, b"")


def test_a_commit_that_can_not_be_made_is_503_and_asks_to_come_again() -> None:
    answer = response()
    answer.commit.failure = CanNotAccept()
    answer.render()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert json.loads(answer.content) == {
        "status": "error",
        "message": "the records can not be stored now, send them again",
    }


def test_a_fault_of_the_code_is_not_told_as_success() -> None:
    answer = response()
    answer.commit.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        answer.render()
    assert (answer.is_rendered, answer.content) == (False, b"")


@pytest.mark.parametrize(("failure", "status"), [(None, 200), (CanNotAccept(), 503)])
def test_a_deferred_answer_waits_to_be_settled(failure: CanNotAccept | None, status: int) -> None:
    answer = response(deferred=True)
    answer.render()
    assert (answer.commit.runs, answer.is_rendered) == (0, False)
    answer.settle(failure)
    assert answer.render().status_code == status
    assert answer.is_rendered
    assert answer.commit.runs == 0

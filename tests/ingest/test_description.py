"""Requests made from the description of the endpoints, and answers held against it.

The contract takes any JSON, so this finds less than `test_fuzz`; what it adds are the requests that a description
forbids (no body, other media types) and answers checked member by member.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from tests.ingest import paths
from tests.ingest.description import description
from tests.ingest.fuzz import FUZZ

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EACH = settings(FUZZ, max_examples=FUZZ.max_examples // 20)
answers: Counter[int] = Counter()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The project as WSGI, without the signals that would close the test's transaction; and its description."""
    if environ["PATH_INFO"] == "/description":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(description()).encode()]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    response = paths.respond(environ["PATH_INFO"], body, environ.get("CONTENT_TYPE", ""))
    answers[response.status_code] += 1
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


schema = schemathesis.openapi.from_wsgi("/description", app)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@pytest.mark.usefixtures("edge")
@schema.parametrize()
@EACH
def test_every_answer_is_one_that_the_description_has(case: Any) -> None:
    before = answers.total()
    case.call_and_validate(checks=CHECKS)
    assert answers.total() > before

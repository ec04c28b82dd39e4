"""The description of the API: valid, complete, and shown without another server."""

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.rollout.api.test_who_may import ROWS


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    answer = client.get("/api/schema", {"format": "json"})
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


def test_it_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)
    assert schema["openapi"].startswith("3.")


def test_every_endpoint_is_in_it_with_what_it_takes_and_needs(schema: dict[str, Any]) -> None:
    described = {
        (method.upper(), path.removeprefix("/stream_monitor/api/").replace("{number}", "N")): operation
        for path, methods in schema["paths"].items()
        if path.startswith("/stream_monitor/api/")
        for method, operation in methods.items()
    }
    assert set(described) == set(ROWS)
    for (method, path), operation in described.items():
        assert ROWS[method, path][0] in operation["description"]
        assert {"401", "403"} < set(operation["responses"])
        assert ("requestBody" in operation) == (method == "POST")
        keys = [each for each in operation.get("parameters", []) if each["name"] == "Idempotency-Key"]
        assert bool(keys) == (method == "POST")
    assert {"token": []} in described["GET", "status"]["security"]


def test_no_two_operations_have_one_name(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["health_data", "device_info", "common_event"])
def test_uploads_are_in_it(schema: dict[str, Any], name: str) -> None:
    for path in (f"/upload_{name}", f"/upload_{name}_v2", f"/batch/upload_{name}"):
        assert "post" in schema["paths"][path]


def test_where_the_door_is_open_the_description_says_that_nothing_is_needed(client: Client, settings: Any) -> None:
    settings.EMBEDDED = True
    told = json.loads(client.get("/api/schema", {"format": "json"}).content)
    assert {} in told["paths"]["/stream_monitor/api/status"]["get"]["security"]
    settings.EMBEDDED = False
    told = json.loads(client.get("/api/schema", {"format": "json"}).content)
    assert {} not in told["paths"]["/stream_monitor/api/status"]["get"]["security"]


@pytest.mark.parametrize("path", ["/api/schema", "/api/schema/", "/api/docs", "/api/docs/"])
def test_it_answers_with_and_without_a_slash(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_page_needs_no_other_server_and_no_script_of_its_own(client: Client) -> None:
    answer = client.get("/api/docs")
    page = answer.content.decode()
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 4
    assert not [each for each in addresses if "//" in each]
    assert not re.findall(r"<script(?![^>]*\ssrc=)", page)
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
    (own,) = [each for each in addresses if "script" in each]
    script = client.get(f"/api/docs{own}" if own.startswith("?") else own.replace("&amp;", "&"))
    assert script.status_code == 200
    assert "/api/schema" in script.content.decode()

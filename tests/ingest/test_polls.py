"""What watches ask for between uploads, and how strictly they read the answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from ingest.polls import Misconfigured, read_config

VALID = {"customer_id": "1900000000000000001", "org_id": 11, "user_id": 21, "enable_resume": 1, "cache_max_count": 100}


@pytest.fixture
def config(tmp_path: Path, settings: Any) -> Path:
    """The file with the configuration for watches; nothing is in it yet."""
    settings.DEVICE_CONFIG_FILE = str(tmp_path / "config.json")
    return tmp_path / "config.json"


@pytest.mark.parametrize(
    "path", ["/DeviceMessage/receive?deviceSn=A", "/DeviceMessage/receive/?deviceSn=A", "/DeviceMessage/receive"]
)
def test_no_message_is_a_boolean_so_that_the_watch_goes_on_uploading(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json() == {"success": False}


@pytest.mark.parametrize("slash", ["", "/"])
def test_there_is_no_configuration_until_there_is_one(slash: str, settings: Any) -> None:
    settings.DEVICE_CONFIG_FILE = ""
    response = Client().get(f"/fetch_health_data_config{slash}?deviceSn=A")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_configuration_is_sent_as_it_is(config: Path, slash: str) -> None:
    config.write_text(json.dumps({**VALID, "org_id": None, "extra": {"interval": 60}}), encoding="utf-8")
    response = Client().get(f"/fetch_health_data_config{slash}?deviceSn=A")
    assert response.status_code == 200
    assert response.json() == {
        "customer_id": "1900000000000000001",
        "user_id": 21,
        "enable_resume": 1,
        "cache_max_count": 100,
        "extra": {"interval": 60},
    }
    assert run_checks(include_deployment_checks=False) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer_id": 1900000000000000001},
        {"customer_id": None},
        {"org_id": "11"},
        {"org_id": True},
        {"user_id": 21.0},
        {"enable_resume": 2},
        {"enable_resume": "1"},
        {"enable_resume": True},
        {"enable_resume": 1.0},
        {"enable_resume": None},
        {"cache_max_count": 0},
        {"cache_max_count": "100"},
        {"cache_max_count": True},
        {"cache_max_count": None},
        {"interval": float("nan")},
        {"password": "x"},
        {"uploadToken": "x"},
        {"API-Key": "x"},
        {"clientSecret": "x"},
        {"Authorization": "x"},
        {"server": {"password": "x"}},
        {"servers": [{"url": "http://x", "api_key": "x"}]},
    ],
    ids=str,
)
def test_what_would_break_a_watch_or_give_away_a_credential_is_never_sent(config: Path, wrong: dict[str, Any]) -> None:
    config.write_text(json.dumps({**VALID, **wrong}), encoding="utf-8")
    with pytest.raises(Misconfigured) as error:
        read_config(config)
    assert next(iter(wrong)) in str(error.value) or "not JSON" in str(error.value) or "credential" in str(error.value)
    response = Client().get("/fetch_health_data_config")
    assert response.status_code == 404
    assert [found.id for found in run_checks()] == ["ingest.E001"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{} {}"])
def test_a_file_that_is_no_object_is_no_configuration(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    assert Client().get("/fetch_health_data_config").status_code == 404
    assert [found.id for found in run_checks()] == ["ingest.E001"]


def test_a_file_that_is_missing_is_found_by_the_check(config: Path) -> None:
    assert Client().get("/fetch_health_data_config").status_code == 404
    (found,) = run_checks()
    assert found.id == "ingest.E001"
    assert found.hint


@pytest.mark.parametrize("path", ["/DeviceMessage/receive", "/fetch_health_data_config"])
def test_a_poll_is_a_get(path: str) -> None:
    assert Client().post(path, b"{}", "application/json").status_code == 405


@pytest.mark.parametrize("path", ["/health", "/health/", "/api/health", "/api/health/"])
def test_a_living_process_says_so(path: str) -> None:
    response = Client().get(path, HTTP_HOST="10.0.0.1:99999")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")

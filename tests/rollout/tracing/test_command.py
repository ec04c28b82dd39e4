"""`manage.py trace`: for people and for machines, without health data unless it is asked for."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingest.models import HealthData
from tests.rollout.tracing import scene


def shown(*args: str, code: int = 0) -> str:
    output = io.StringIO()
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("trace", scene.SERIAL, *args, stdout=output)
        assert ended.value.code == code
    else:
        call_command("trace", scene.SERIAL, *args, stdout=output)
    return output.getvalue()


def told(*args: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown("--format", "json", *args, code=code))
    return found


def test_health_data_is_shown_only_when_it_is_asked_for() -> None:
    scene.send(scene.reading(heart_rate=197))
    scene.consume()
    scene.write("health", scene.reading(1, heart_rate=198))
    for hidden in (shown(), shown("--format", "json")):
        assert "197" not in hidden.replace(str(scene.NOW_S), "")
        assert "heart_rate" not in hidden
    text = shown("--values")
    assert "heart_rate 197" in text
    assert "heart_rate 198" in text
    found = told("--values")
    assert found["uploads"][0]["records"][0]["values"]["heart_rate"] == 197
    assert found["rows"][0]["values"]["heart_rate"] == 198


def test_text_and_json_say_the_same_of_an_entry() -> None:
    identifier = scene.send(scene.reading())
    scene.consume()
    found = told()
    [upload] = found["uploads"]
    assert (upload["entry"], upload["path"], upload["state"]) == (identifier, "stream", "acknowledged")
    assert [record["became"] for record in upload["records"]] == ["stored"]
    assert upload["received"].endswith("+08:00")
    text = shown()
    assert f"entry {identifier}: acknowledged" in text
    assert "health → legacy" in text


def test_a_record_in_no_account_is_exit_code_10() -> None:
    scene.send(scene.reading())
    scene.consume()
    HealthData.objects.all().delete()
    assert told(code=10)["missing"] == 1
    assert "neither row nor dead letter" in shown(code=10)


def test_a_device_of_which_nothing_is_known_is_exit_code_1() -> None:
    assert "Nothing is known of this device" in shown(code=1)


@pytest.mark.parametrize("arguments", [["--at", "yesterday"], ["--minutes", "0"], ["--limit", "101"], ["--limit", "x"]])
def test_what_can_not_be_meant_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        shown(*arguments)

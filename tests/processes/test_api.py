"""The control API of a real `manage.py up`, under both web servers: the lines of the guide, and the door."""

import http.client
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rollout.api.refusals import PER_MINUTE
from tests.processes.test_up import Start, ready

ROOT = Path(__file__).resolve().parents[2]
SERVERS = pytest.mark.parametrize(
    ("web", "options"), [("daphne", []), ("granian", ["--web-workers", "2"])], ids=["daphne", "granian"]
)
API = "/stream_monitor/api"


def guide(port: int) -> list[str]:
    """The curl lines of docs/api.md that need no token, for this port."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    lines = re.findall(r"^curl .*localhost:8000.*$", text, re.MULTILINE)
    return [line.replace("localhost:8000", f"localhost:{port}") for line in lines]


def ask(
    address: str, port: int, method: str, path: str, body: Any = None, *, source: str = "127.0.0.1", **headers: str
) -> tuple[int, Any]:
    """Status and JSON of one request from the address `source`; `X_Y` in `headers` is the header X-Y."""
    connection = http.client.HTTPConnection(address, port, timeout=20, source_address=(source, 0))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, API + path, None if body is None else json.dumps(body), named)
        with connection.getresponse() as answer:
            return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@SERVERS
def test_the_door_is_shut_for_others_and_the_lines_of_the_guide_work_as_they_stand(
    start: Start, port: int, web: str, options: list[str]
) -> None:
    ready(start("--port", str(port), "--workers", "1", *options))
    only_the_person_at_the_machine_comes_in(port)
    each_caller_is_counted_alone(port)
    the_guide_works(port)


def the_guide_works(port: int) -> None:
    lines = guide(port)
    assert len(lines) >= 13
    for line in lines:
        command = line.replace("curl ", "curl --silent --show-error --write-out '\\n%{http_code}' ", 1)
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, f"{line}\n{ran.stderr}"
        body, _newline, code = ran.stdout.rpartition("\n")
        assert int(code) in {200, 201, 202}, f"{line}\n{ran.stdout}"
        assert json.loads(body)["status"] == "success", f"{line}\n{body}"


def only_the_person_at_the_machine_comes_in(port: int) -> None:
    near = "127.0.0.1"
    assert ask(near, port, "GET", "/status")[0] == 200
    share = {"percentage": 5, "reason": "mischief"}
    for refused, headers in {
        401: {"X_Forwarded_For": "127.0.0.1"},
        400: {"Host": "evil.example"},
    }.items():
        assert ask(near, port, "POST", "/switch_traffic", share, **headers)[0] == refused
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Forwarded": "for=10.0.0.1"},
        {"X_Real_IP": "10.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Authorization": "Bearer ljwx_0123456789abcdef01"},
    ):
        assert ask(near, port, "POST", "/switch_traffic", share, **headers)[0] == 401
    form = ask(near, port, "POST", "/switch_traffic", share, Content_Type="text/plain")
    assert form[0] == 415
    assert ask(near, port, "GET", "/status")[1]["traffic"]["health"]["percentage"] == 0
    assert ask(near, port, "POST", "/switch_traffic", share, Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert ask(near, port, "GET", "/status")[1]["traffic"]["health"]["percentage"] == 5


def each_caller_is_counted_alone(port: int) -> None:
    guess = {"Authorization": "Bearer ljwx_0123456789abcdef01"}
    answers = [ask("127.0.0.1", port, "GET", "/status", source="127.0.0.2", **guess)[0] for _ in range(PER_MINUTE + 1)]
    assert answers == [401] * PER_MINUTE + [429]
    assert ask("127.0.0.1", port, "GET", "/status", source="127.0.0.3", **guess)[0] == 401


def test_outside_the_embedded_default_there_is_no_door(start: Start, port: int) -> None:
    ready(start("--port", str(port), "--workers", "1", LJWX_EMBEDDED="0"))
    assert ask("127.0.0.1", port, "GET", "/status")[0] == 401

"""`manage.py up` as the operator starts it: real processes, real signals, its own data folder."""

import contextlib
import http.client
import itertools
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ljwx.up import address, data
from ljwx.up.address import free_port
from ljwx.up.child import DEATHS, Child
from ljwx.up.program import Program
from ljwx.up.refusal import FAILED, Refused
from tests.managed import Managed
from tests.polling import until

READY_WITHIN = 90.0
Start = Callable[..., Managed]


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A data folder with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="ljwx-up-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def environment(var_dir: Path) -> Iterator[dict[str, str]]:
    """An environment with nothing set but the data folder, and an empty database where the tests run on MariaDB."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LJWX_")}
    clean |= {"DJANGO_SETTINGS_MODULE": "ljwx.settings", "LJWX_VAR_DIR": str(var_dir)}
    url = os.environ.get("LJWX_TEST_DATABASE_URL")
    if not url:
        yield clean
        return
    import MySQLdb

    name = f"ljwx_up_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    with contextlib.closing(MySQLdb.connect(unix_socket=url.partition("unix_socket=")[2], user="root")) as server:
        server.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield {**clean, "LJWX_DATABASE_URL": url.replace("/ljwx?", f"/{name}?")}
        finally:
            server.query(f"DROP DATABASE {name}")


@pytest.fixture
def start(environment: dict[str, str], var_dir: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `manage.py up ARGS`. What is left at the end is killed."""
    started: list[Managed] = []

    def up(*args: str, **env: str) -> Managed:
        process = Managed("up", *args, log=tmp_path / f"up-{len(started)}.log", env={**environment, **env})
        started.append(process)
        return process

    yield up
    for process in started:
        if process.poll() is None:
            # Its children follow it.
            process.kill()
        process.wait()
    try:
        until(lambda: not family(var_dir))
    finally:
        for pid in family(var_dir):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def port() -> int:
    return free_port()


def family(var_dir: Path) -> dict[int, str]:
    """Process id and command line of every process that runs with the data in `var_dir`."""
    found = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not folder.name.isdecimal():
                continue
            # Redis writes its title over its environment.
            command = (folder / "cmdline").read_text().replace("\0", " ").strip()
            if f"{var_dir}/" in command or f"={var_dir}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = command
    return found


def post(port: int, body: str) -> int:
    """The status of the answer to an upload of health data."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
        with connection.getresponse() as answer:
            return answer.status


def can_log_in(port: int, password: str) -> bool:
    """Whether the admin's log-in page takes the password of the user admin."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    address = f"http://127.0.0.1:{port}/admin/login/?next=/admin/"
    with browser.open(address, timeout=10) as page:
        token, *_ = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    form = {"csrfmiddlewaretoken": token, "username": "admin", "password": password}
    with browser.open(address, urllib.parse.urlencode(form).encode(), timeout=10) as page:
        return urllib.parse.urlsplit(page.url).path == "/admin/"


def ready(process: Managed) -> str:
    """What it has printed when it says that it is ready."""

    def told() -> str:
        assert process.poll() is None, process.output()
        return process.output() if "curl -X POST" in process.output() else ""

    return until(told, within=READY_WITHIN)


def backup_of(told: str) -> Path:
    """The folder of the backup that it has told of."""
    (line,) = (line for line in told.splitlines() if "/backups/" in line)
    return Path(line.partition(": ")[2])


@pytest.mark.parametrize(("web", "options"), [("daphne", []), ("granian", ["--web-workers", "2"])])
def test_it_becomes_ready_takes_an_upload_and_stops_in_order(
    start: Start, var_dir: Path, port: int, web: str, options: list[str]
) -> None:
    process = start("--port", str(port), "--workers", "1", *options)
    told = ready(process)
    assert f"http://127.0.0.1:{port}/admin/" in told
    assert str(var_dir) in told
    assert backup_of(told).is_dir()
    password = (var_dir / "admin_password").read_text().strip()
    assert password in told
    assert (var_dir / "admin_password").stat().st_mode & 0o077 == 0
    assert can_log_in(port, password)

    command = next(line for line in told.splitlines() if "curl -X POST" in line)
    assert post(port, shlex.split(command)[-1]) == 200

    names = {pid: name for pid, name in family(var_dir).items() if pid != process.pid}
    assert any(web in name for name in names.values())
    assert any("run_consumers" in name for name in names.values())
    process.send_signal(signal.SIGINT)
    ended: list[str] = []

    def all_gone() -> bool:
        left = family(var_dir)
        for kind in (web, "run_consumers", "server"):
            if kind not in ended and not any(kind in name for pid, name in left.items() if pid != process.pid):
                ended.append(kind)
        return not left

    until(all_gone, within=60)
    assert process.wait(10) == 0, process.output()
    assert ended == [web, "run_consumers", "server"]
    assert not (var_dir / "up.env").exists()


def test_a_second_start_keeps_the_data_and_does_not_print_the_password(start: Start, var_dir: Path, port: int) -> None:
    first = start("--port", str(port))
    backup = backup_of(ready(first))
    password = (var_dir / "admin_password").read_text().strip()
    first.terminate()
    assert first.wait(60) == 0, first.output()
    second = start("--port", str(port))
    told = ready(second)
    assert password not in told
    # It is younger than a day.
    assert backup_of(told) == backup
    assert (var_dir / "admin_password").read_text().strip() == password


def test_a_taken_port_is_one_line_that_names_it(start: Start, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = start("--port", str(port))
        assert process.wait(60) == 3
    lines = process.output().strip().splitlines()
    assert len(lines) == 1
    assert str(port) in lines[0]
    assert "--port" in lines[0]


def test_a_port_for_later_is_free_and_goes_to_nobody_who_connects() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = [free_port() for _ in range(200)]
    assert max(ports) < lowest
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports[-1]))
        listener.listen()
    assert len({*ports}) > 190


def test_a_port_that_somebody_has_is_not_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        number = taken.getsockname()[1]
        monkeypatch.setattr(address, "OUR_PORTS", [number] * address.TRIES)
        with pytest.raises(OSError, match="no free port"):
            free_port()


def test_a_second_up_beside_a_running_one_is_refused(start: Start, var_dir: Path, port: int) -> None:
    first = start("--port", str(port))
    until((var_dir / "up.lock").exists)
    until(lambda: (var_dir / "up.lock").read_text())
    second = start("--port", str(free_port()))
    assert second.wait(60) == 4
    assert str(first.pid) in second.output()
    assert len(second.output().strip().splitlines()) == 1
    third = start("--port", str(free_port()), "--reset", "--yes")
    assert third.wait(60) == 4
    assert first.poll() is None


def test_a_redis_that_does_not_answer_is_one_line(start: Start, port: int) -> None:
    process = start("--port", str(port), LJWX_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert process.wait(60) == 3
    assert "LJWX_REDIS_URL" in process.output()
    assert "Traceback" not in process.output()


def test_a_full_disk_is_one_line(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.check_room(var_dir.parent)
    usage = shutil.disk_usage(var_dir.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=7 << 20))
    with pytest.raises(Refused, match="7 MB") as refused:
        data.check_room(var_dir)
    assert refused.value.code == 3


def test_a_wrong_port_is_a_usage_error(start: Start) -> None:
    assert start("--port", "70000").wait(60) == 2


def test_a_reset_without_a_terminal_and_without_yes_deletes_nothing(start: Start, var_dir: Path, port: int) -> None:
    (var_dir / "ljwx.sqlite3").write_bytes(b"")
    process = start("--port", str(port), "--reset")
    assert process.wait(60) == 2
    assert "--yes" in process.output()
    assert (var_dir / "ljwx.sqlite3").exists()


def test_a_killed_supervisor_leaves_nothing_running_and_the_next_start_works(
    start: Start, var_dir: Path, port: int
) -> None:
    first = start("--port", str(port), "--workers", "1")
    ready(first)
    first.kill()
    first.wait()
    second = start("--port", str(port), "--workers", "1")
    ready(second)
    second.terminate()
    assert second.wait(60) == 0, second.output()
    assert family(var_dir) == {}


def test_a_child_that_dies_is_started_again(start: Start, var_dir: Path, port: int) -> None:
    process = start("--port", str(port), "--workers", "1")
    ready(process)
    (web,) = (pid for pid, name in family(var_dir).items() if "daphne" in name)
    os.kill(web, signal.SIGKILL)

    def another() -> bool:
        with contextlib.suppress(OSError):
            return post(port, "{}") >= 200 and web not in family(var_dir)
        return False

    until(another, within=60)
    assert re.search(r"web .*web\.log", process.output())
    # Without Redis uploads are still taken, however often it fails to start.
    conf = var_dir / "redis" / "redis.conf"
    good = conf.read_text(encoding="utf-8")
    conf.write_text(f"{good}\nno-such-option yes\n", encoding="utf-8")
    (redis,) = (pid for pid, name in family(var_dir).items() if "redis.sock" in name)
    os.kill(redis, signal.SIGKILL)
    until(lambda: len(re.findall(r"redis .*redis\.log", process.output())) >= DEATHS, within=60)
    assert post(port, '{"deviceSn": "UP1", "heartRate": 70, "timestamp": 1788339600}') == 200
    conf.write_text(good, encoding="utf-8")
    until(lambda: any("redis.sock" in name for name in family(var_dir).values()), within=60)
    assert process.poll() is None


def test_a_plain_manage_py_beside_it_meets_the_same_servers(
    start: Start, environment: dict[str, str], var_dir: Path, port: int
) -> None:
    ready(start("--port", str(port), "--workers", "1"))
    assert (var_dir / "up.env").stat().st_mode & 0o077 == 0
    code = "from ljwx.redis import client; print(client('control').exists('health_data_stream'))"
    code += "; from django.contrib.auth.models import User; print(User.objects.filter(is_superuser=True).count())"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    bare = {name: value for name, value in environment.items() if name != "LJWX_DATABASE_URL"}
    answer = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    assert answer.stdout.split() == ["1", "1"], answer.stderr


def dead() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(["false"], start_new_session=True)
    process.wait()
    return process


def test_a_child_is_started_again_after_growing_pauses_and_given_up_at_the_fifth_death(tmp_path: Path) -> None:
    starts: list[float] = []
    now = 0.0

    def start() -> "subprocess.Popen[bytes]":
        starts.append(now)
        return dead()

    child = Child(Program("web", ["false"], lambda: True, patience=1), start=start, log=tmp_path / "web.log")

    def live() -> None:
        nonlocal now
        while True:
            child.tend(now)
            now += 0.25

    with pytest.raises(Refused, match=r"web\.log") as refusal:
        live()
    assert refusal.value.code == FAILED
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses == pytest.approx([0.5, 1.25, 2.25, 4.25])


def test_one_that_others_can_do_without_is_never_given_up(tmp_path: Path) -> None:
    child = Child(Program("controller", ["false"], lambda: True, patience=1), start=dead, log=tmp_path / "c.log")
    deaths = [now for now in range(3_600) if child.tend(float(now), must_live=False)]
    assert 100 < len(deaths) < 400
    assert max(later - earlier for earlier, later in itertools.pairwise(deaths)) <= 32


def test_a_child_that_dies_once_a_minute_is_kept(tmp_path: Path) -> None:
    child = Child(Program("web", ["false"], lambda: True, patience=1), start=dead, log=tmp_path / "web.log")
    for minute in range(20):
        assert child.tend(minute * 61.0)
        assert not child.tend(minute * 61.0 + 10)

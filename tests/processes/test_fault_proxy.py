"""The fault proxy does what each of its modes says, before a real Redis and a real MariaDB."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.faults.proxy import Proxy
from tests.polling import until

# Long enough for a busy machine to answer in it.
SHORT_S = 2.0
ConnectionErrors = redis.ConnectionError
TimeoutErrors = redis.TimeoutError


@pytest.fixture
def proxy(redis: object, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Before the Redis of the tests."""
    with Proxy(tmp_path_factory.mktemp("p") / "front.sock", Path(urlsplit(redis_url).path)).running() as running:
        yield running


@pytest.fixture
def through(proxy: Proxy, redis_url: str) -> Iterator["redis.Redis"]:
    """A client behind the proxy, with one connection and no second tries."""
    number = int(parse_qs(urlsplit(redis_url).query)["db"][0])
    client = redis.Redis(
        unix_socket_path=str(proxy.front), db=number, protocol=2, socket_timeout=SHORT_S, retry=Retry(NoBackoff(), 0)
    )
    client.ping()
    yield client
    client.close()


def test_everything_passes_both_ways(through: redis.Redis) -> None:
    big = b"x" * 1_000_000
    through.set("big", big)
    assert through.get("big") == big
    pipeline = through.pipeline(transaction=False)
    for number in range(3_000):
        pipeline.set(f"k{number}", number)
    assert len(pipeline.execute()) == 3_000


def test_a_delay_is_paid_in_each_direction(proxy: Proxy, through: redis.Redis) -> None:
    proxy.delay(60)
    started = time.monotonic()
    through.ping()
    assert time.monotonic() - started >= 0.12
    proxy.go()


def test_what_a_hang_holds_back_is_done_afterwards(proxy: Proxy, through: redis.Redis, redis: "redis.Redis") -> None:
    proxy.hang()
    with pytest.raises(TimeoutErrors):
        through.set("late", "1")
    assert redis.get("late") is None
    proxy.go()
    until(lambda: redis.get("late") == b"1")
    assert through.ping()


def test_a_reset_cuts_what_is_open_and_what_comes(proxy: Proxy, through: redis.Redis) -> None:
    proxy.reset()
    for _ in range(2):
        with pytest.raises(ConnectionErrors):
            through.ping()
    proxy.go()
    assert through.ping()


def test_a_refused_connection_is_refused_at_once(proxy: Proxy, through: redis.Redis) -> None:
    proxy.refuse()
    through.close()
    started = time.monotonic()
    with pytest.raises(ConnectionErrors):
        through.ping()
    assert time.monotonic() - started < SHORT_S
    proxy.go()
    assert through.ping()


@pytest.mark.parametrize("cuts", [True, False])
def test_the_server_does_what_nobody_hears_of(
    proxy: Proxy, through: redis.Redis, redis: "redis.Redis", *, cuts: bool
) -> None:
    proxy.drop(b"XADD", cuts=cuts)
    assert through.ping()
    started = time.monotonic()
    with pytest.raises(ConnectionErrors if cuts else TimeoutErrors):
        through.xadd("stream", {"d": "1"})
    assert (time.monotonic() - started < SHORT_S) is cuts
    assert redis.xlen("stream") == 1
    assert through.xadd("stream", {"d": "2"})
    assert (redis.xlen("stream"), proxy.dropped) == (2, 1)


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Before the MariaDB of the tests; SQLite has no connection that could be hurt."""
    url = os.environ.get("LJWX_TEST_DATABASE_URL", "")
    if not url:
        pytest.skip("this run is SQLite's")
    back = Path(parse_qs(urlsplit(url).query)["unix_socket"][0])
    with Proxy(tmp_path_factory.mktemp("p") / "front.sock", back).running() as running:
        yield running


@pytest.mark.parametrize("cuts", [True, False])
def test_a_commit_is_done_though_its_reply_is_lost(database: Proxy, *, cuts: bool) -> None:
    import MySQLdb

    def connect(path: object) -> "MySQLdb.connections.Connection":
        return MySQLdb.connect(unix_socket=str(path), user="root", read_timeout=1)

    direct = connect(database.back)
    name = f"faults_{'cut' if cuts else 'silent'}"
    direct.query(f"CREATE DATABASE {name}")
    try:
        direct.query(f"CREATE TABLE {name}.t (id INT PRIMARY KEY) ENGINE=InnoDB")
        behind = connect(database.front)
        behind.query(f"INSERT INTO {name}.t VALUES (1)")
        database.drop(b"COMMIT", cuts=cuts)
        with pytest.raises(MySQLdb.OperationalError, match=r"2013|2006"):
            behind.commit()
        direct.query(f"SELECT COUNT(*) FROM {name}.t")
        assert direct.store_result().fetch_row()[0][0] == 1
        again = connect(database.front)
        again.query(f"INSERT INTO {name}.t VALUES (2)")
        again.commit()
        again.close()
        assert database.dropped == 1
    finally:
        direct.query(f"DROP DATABASE {name}")
        direct.close()

"""Nobody who serves waits for ever for a MariaDB that has stopped to answer; who alters tables does."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ljwx import database
from monitoring.models import LedgerCount
from streaming.failures import Failure, classify
from tests.faults.proxy import Proxy
from tests.managed import ROOT, environment

pytestmark = pytest.mark.skipif("LJWX_TEST_DATABASE_URL" not in os.environ, reason="only a server can be silent")
NAMES = ("read_timeout", "write_timeout")
# The options of a process after it has imported or run this.
OPTIONS = (
    f"; from django.db import connections as c; o = c['default'].get_connection_params(); print(*map(o.get, {NAMES}))"
)
SERVING = {"web": "import ljwx.asgi", "consumers": "call_command('run_consumers', once=True)"}
OTHERS = {"migrate": "call_command('migrate', check_unapplied=True)"}


@pytest.fixture
def through(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, BaseDatabaseWrapper]]:
    """A proxy before the MariaDB of the tests, and a bounded connection behind it."""
    settings.DATABASE_READ_TIMEOUT_S = 1
    found = connections.settings["default"]
    before = found["OPTIONS"]
    back = Path(parse_qs(urlsplit(os.environ["LJWX_TEST_DATABASE_URL"]).query)["unix_socket"][0])
    front = tmp_path_factory.mktemp("p") / "front.sock"
    with Proxy(front, back).running() as proxy:
        try:
            found["OPTIONS"] = {**before, "unix_socket": str(front)}
            database.bound_waits()
            connection = connections.create_connection("default")
            # The test's own connection, which waits for as long as it must, goes on without the proxy.
            connection.settings_dict = {**found}
        finally:
            found["OPTIONS"] = before
        with contextlib.closing(connection):
            yield proxy, connection


def test_a_statement_without_an_answer_fails_and_the_next_connection_works(
    through: tuple[Proxy, BaseDatabaseWrapper], transactional_db: None
) -> None:
    proxy, connection = through
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        proxy.drop(b"SELECT 2", cuts=False)
        with pytest.raises(OperationalError) as caught:
            cursor.execute("SELECT 2")
    assert classify(caught.value) is Failure.RETRY
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 3")
        assert cursor.fetchall() == ((3,),)


def test_a_transaction_that_its_client_has_left_open_is_ended(
    through: tuple[Proxy, BaseDatabaseWrapper], transactional_db: None
) -> None:
    _proxy, connection = through
    if not connection.mysql_is_mariadb:
        pytest.skip("only MariaDB ends one by itself")
    count = {"minute": 1, "kind": "health", "path": "legacy", "what": "stored", "count": 1}
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        columns = ", ".join(f"`{name}`" for name in count)
        cursor.execute(f"INSERT INTO {LedgerCount._meta.db_table} ({columns}) VALUES %s", [list(count.values())])
    # Who waits for its lock gets it, although nobody has ended the transaction.
    LedgerCount.objects.create(**count)
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert classify(caught.value) is Failure.RETRY


@pytest.fixture
def behind(through: tuple[Proxy, BaseDatabaseWrapper]) -> Iterator[Proxy]:
    """The proxy; the connection behind it has the alias "behind"."""
    proxy, connection = through
    connection.alias = "behind"
    connections["behind"] = connection
    yield proxy
    del connections["behind"]


def count(minute: int) -> None:
    LedgerCount.objects.using("behind").create(minute=minute, kind="health", path="legacy", what="stored", count=1)


@pytest.mark.parametrize("cuts", [True, False], ids=["cut", "silent"])
@pytest.mark.parametrize(
    ("opened", "asked"),
    [(True, b"autocommit=1"), (False, b"autocommit=1"), (False, b"ISOLATION LEVEL")],
    ids=["at the end of a transaction", "as it is opened", "later as it is opened"],
)
def test_what_follows_a_connection_lost_at_the_edge_of_a_transaction_is_committed(
    behind: Proxy, transactional_db: None, asked: bytes, *, opened: bool, cuts: bool
) -> None:
    if opened:
        connections["behind"].ensure_connection()
    behind.drop(asked, cuts=cuts)
    with pytest.raises(OperationalError), transaction.atomic("behind"):
        count(1)
    assert behind.dropped == 1
    # Nobody looks after the connection in between.
    for minute in (2, 3):
        with transaction.atomic("behind"):
            count(minute)
    stored = LedgerCount.objects.values_list("minute", flat=True)
    assert list(stored.order_by("minute")) == ([1, 2, 3] if opened else [2, 3])


@pytest.mark.parametrize("code", [*SERVING.values(), *OTHERS.values()], ids=[*SERVING, *OTHERS])
def test_who_serves_is_bounded_and_no_other(code: str, redis: object, transactional_db: None) -> None:
    setup = "import django; django.setup(); from django.core.management import call_command; "
    env = {**environment(connections["default"].settings_dict), "LJWX_DATABASE_READ_TIMEOUT_S": "7"}
    argv = [sys.executable, "-c", setup + code + OPTIONS]
    run = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == ("7 7" if code in SERVING.values() else "None None")

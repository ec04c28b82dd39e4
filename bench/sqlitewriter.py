"""One process of the scenario `sqlite`; nothing that it imports needs Django's applications."""

import random
import time
from pathlib import Path
from typing import Any

import django
from django.db.utils import ConnectionHandler

STATEMENTS = 8
# Of what a transaction does between its first statement and its COMMIT, which waits for the disk.
WORK_S = 0.004
TIMEOUT_S = 20.0


def connected(engine: str, path: Path) -> Any:
    """A connection of `engine` to the database at `path`."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": TIMEOUT_S,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    return ConnectionHandler({"default": {"ENGINE": engine, "NAME": str(path), "OPTIONS": options}})["default"]


def write(engine: str, path: Path, pace: float, begin: float, seconds: float) -> list[float]:
    """Write until the time is over, `pace` times a second when nobody is in the way; how long each lock took, in s."""
    django.setup()
    connection = connected(engine, path)
    connection.connect()
    time.sleep(max(0.0, begin - time.time()))
    waits = []
    while time.time() < begin + seconds:
        time.sleep(random.expovariate(pace))
        with connection.cursor() as cursor:
            asked = time.perf_counter()
            cursor.execute("BEGIN IMMEDIATE")
            waits.append(time.perf_counter() - asked)
            for _ in range(STATEMENTS):
                cursor.execute("INSERT INTO t (x) VALUES (%s)", [random.random()])
            time.sleep(WORK_S)
            cursor.execute("COMMIT")
    connection.close()
    return waits

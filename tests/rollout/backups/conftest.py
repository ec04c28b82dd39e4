"""What the tests of backups start from: an empty Redis, a database that others see, a folder of their own."""

from pathlib import Path
from typing import Any

import pytest

from ljwx.redis import client
from streaming import groups, registry
from tests.streaming.entries import put, readings


@pytest.fixture(autouse=True)
def root(redis: object, transactional_db: None, settings: Any, tmp_path: Path) -> Path:
    """The folder of all backups; it is made by the first one."""
    settings.BACKUP_DIR = tmp_path / "backups"
    return tmp_path / "backups"


@pytest.fixture
def traffic() -> dict[str, list[bytes]]:
    """Six entries of health data: two acknowledged, two pending, two not delivered; one of events. Their ids."""
    health, connection = registry.get("health"), client("control")
    groups.ensure(connection, health)
    ids = [put("health", *readings(2, f"S{number}")) for number in range(4)]
    connection.xreadgroup(health.group, "a:1", {health.stream: ">"})
    connection.xack(health.stream, health.group, *ids[:2])
    ids += [put("health", *readings(2, f"S{number}")) for number in (4, 5)]
    return {"acknowledged": ids[:2], "pending": ids[2:4], "undelivered": ids[4:]}

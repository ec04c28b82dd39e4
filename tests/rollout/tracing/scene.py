"""Uploads of one device by either path."""

import time
from typing import Any

from ingest.records import Device, Event, Health
from streaming import registry
from streaming.storing import Item, store
from tests.streaming import entries

SERIAL = "TEST002"
NOW_S = 60 * (int(time.time()) // 60) - 60


def reading(number: int = 0, serial: str = SERIAL, **values: Any) -> Health:
    """A reading of some seconds before a minute ago."""
    return Health(serial, NOW_S - number, **{"heart_rate": 71, **values})


def send(*records: Any, kind: str = "health", **values: Any) -> str:
    """One entry, received now; returns its id."""
    return entries.put(kind, *records, **{"received_ms": time.time_ns() // 1_000_000, **values}).decode()


def consume() -> None:
    entries.drain(entries.consumer())


def write(kind: str, *records: Any) -> None:
    """As the legacy path stores it."""
    store(registry.get(kind), [Item(record, NOW_S * 1000) for record in records])


def state(number: int = 0, serial: str = SERIAL) -> Device:
    return Device(serial, NOW_S - number, battery_level=50)


def event(number: int = 0, name: str = "SOS_EVENT", serial: str = SERIAL) -> Event:
    return Event(serial, name, NOW_S - number, event_value="1")

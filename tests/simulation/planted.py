"""Faults that somebody could make, each planted as a small patch of the code or of the set-up."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
import redis
from django.db import Error, transaction

from ingest import accept, rows
from ingest import upload as uploads
from ingest.accept import CanNotAccept, Commit
from ingest.writers import device, event, health
from monitoring import ledger
from rollout import routes
from rollout.buckets import bucket
from streaming import mirror, registry, retention, storing
from streaming.consumer import Consumer
from streaming.failures import Failure, Unavailable
from streaming.producer import NotAppended
from streaming.registry import Kind, Written
from streaming.sifting import Sifted
from streaming.storing import Tally
from tests.simulation.ports import Ports, holders
from tests.simulation.server import Server
from tests.simulation.stream import parsed, text

Plant = Callable[[pytest.MonkeyPatch, Ports], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`found` is how a violation that it causes begins; `within` so many seeds from `first` on one is seen."""

    name: str
    plant: Plant
    found: tuple[str, ...]
    first: int
    within: int


PLANTED: list[Fault] = []


def planted(*found: str, first: int = 0, within: int = 2_000) -> Callable[[Plant], Plant]:
    """Declare a fault; its name is its function's. `first` is near a seed that shows it, for one that few show: when
    the simulation changes, look for another."""

    def declare(plant: Plant) -> Plant:
        PLANTED.append(Fault(plant.__name__, plant, found, first, within))
        return plant

    return declare


def everywhere(patch: pytest.MonkeyPatch, name: str, value: Any, *, but: str = "") -> None:
    """Put `value` for `name` into every module of the project that has it, except the module `but`."""
    for module in holders(name):
        if module.__name__ != but:
            patch.setattr(module, name, value)


def rewritten(patch: pytest.MonkeyPatch, change: Callable[[Kind], Kind]) -> None:
    """Every kind as `change` makes it."""
    for name, kind in list(registry._kinds.items()):
        patch.setitem(registry._kinds, name, change(kind))


# Consumers


@planted("(1)")
def acknowledge_before_the_commit(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Server.xreadgroup

    def read(self: Server, group: Any, consumer: Any, streams: Any, **kwargs: Any) -> Any:
        reply = real(self, group, consumer, streams, **kwargs)
        for name, entries in reply:
            self.xack(name, group, *(identifier for identifier, _ in entries))
        return reply

    patch.setattr(Server, "xreadgroup", read)


@planted("(1)")
def acknowledge_whatever_the_database_says(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = storing.store

    def swallow(*args: Any, **kwargs: Any) -> Tally:
        try:
            return real(*args, **kwargs)
        except Unavailable:
            return Tally()

    everywhere(patch, "store", swallow, but="ingest.accept")


@planted("(6)")
def entries_acknowledged_without_a_word_to_the_ledger(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    def silently(connection: Any, kind: Kind, identifiers: Any, tally: Tally, *, minute: int) -> None:
        connection.xack(kind.stream, kind.group, *identifiers)

    everywhere(patch, "acknowledge", silently)


@planted("(6)")
def promises_counted_before_they_are_kept(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Commit.run

    def run(self: Commit) -> None:
        self._count_appends(ledger.ACCEPTED)
        real(self)

    patch.setattr(Commit, "run", run)


@planted("(1)")
def a_group_made_at_the_end(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Server.xgroup_create
    patch.setattr(
        Server,
        "xgroup_create",
        lambda self, name, group, id="$", mkstream=False: real(self, name, group, "$", mkstream),
    )


@planted("(1)")
def a_consumer_deleted_with_its_pending_entries(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real: Any = Consumer.__init__

    def forget(self: Consumer, **kwargs: Any) -> None:
        real(self, **kwargs)
        for kind in self.kinds:
            try:
                self.connection.xgroup_delconsumer(kind.stream, kind.group, self.name)
            except redis.RedisError:
                continue

    patch.setattr(Consumer, "__init__", forget)


@planted("(4)")
def the_own_history_is_not_read(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(Server, "_history", lambda *args: [])


@planted("(4)")
def nothing_is_claimed(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(Server, "xautoclaim", lambda *args, **kwargs: [b"0-0", [], []])


@planted("(4)", first=2_000)
def a_claim_stops_at_its_first_page(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Server.xautoclaim

    def claim(self: Server, *args: Any, **kwargs: Any) -> Any:
        return [b"0-0", *real(self, *args, **kwargs)[1:]]

    patch.setattr(Server, "xautoclaim", claim)


# Trimming


@planted("(1)")
def an_append_with_a_maximal_length(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Server.xadd
    patch.setattr(
        Server, "xadd", lambda self, name, fields, id="*": real(self, name, fields, id, maxlen=2, approximate=False)
    )


def trimming(patch: pytest.MonkeyPatch, floor: Callable[[Any, Kind], Any]) -> None:
    """A trim that removes what is below `floor` of a connection and a kind."""

    def trim(connection: Any, kind: Kind, *, now: float | None = None) -> int:
        try:
            return int(connection.xtrim(kind.stream, minid=floor(connection, kind), approximate=False))
        except (redis.RedisError, IndexError):
            return 0

    patch.setattr(retention, "trim", trim)


def _delivered(connection: Any, kind: Kind) -> Any:
    return connection.xinfo_groups(kind.stream)[0]["last-delivered-id"]


@planted("(1)", "(6)", first=1_300)
def the_oldest_pending_is_read_before_the_last_delivered(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    def floor(connection: Any, kind: Kind) -> Any:
        oldest = connection.xpending(kind.stream, kind.group)["min"]
        delivered = _delivered(connection, kind)
        return text(min(parsed(delivered), parsed(oldest or delivered)))

    trimming(patch, floor)


@planted("(1)", "(6)", first=78_400)
def the_oldest_pending_is_of_another_group_than_the_last_delivered(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    def floor(connection: Any, kind: Kind) -> Any:
        delivered = _delivered(connection, kind)
        oldest = connection.xpending(kind.stream, kind.group)["min"]
        return text(min(parsed(delivered), parsed(oldest or delivered)))

    trimming(patch, floor)


@planted("(1)")
def what_is_pending_is_trimmed(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    trimming(patch, _delivered)


@planted("(1)")
def what_is_old_is_trimmed_whether_delivered_or_not(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    trimming(patch, lambda connection, kind: b"%d-0" % (2**50))


@planted("(1)")
def a_stream_is_trimmed_by_its_length(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    def trim(connection: Any, kind: Kind, *, now: float | None = None) -> int:
        try:
            return int(connection.xtrim(kind.stream, maxlen=1, approximate=False))
        except redis.RedisError:
            return 0

    patch.setattr(retention, "trim", trim)


# The edge


@planted("(1)")
def a_timed_out_append_counts_as_done(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = accept.append

    def append(entries: Any) -> list[str]:
        try:
            return real(entries)
        except NotAppended:
            return []

    patch.setattr(accept, "append", append)


@planted("(1)")
def there_is_no_fallback(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(Commit, "_fall_back", lambda self, error: None)


@planted("(1)")
def the_answer_leaves_before_the_append(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Commit.run

    def run(self: Commit) -> None:
        memory = ports.current.world.current.memory
        if "owed" in memory:
            memory.pop("owed")()
        memory["owed"] = lambda: real(self)

    patch.setattr(Commit, "run", run)


@planted("(1)")
def a_refusal_is_answered_with_success(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Commit.write

    def write(self: Commit) -> None:
        try:
            real(self)
        except CanNotAccept:
            return

    patch.setattr(Commit, "write", write)


@planted("(1)")
def an_upload_is_cut_at_the_size_of_an_entry(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real: Any = accept._entries

    def first(*args: Any) -> Iterator[Any]:
        yield next(iter(real(*args)))

    patch.setattr(accept, "_entries", first)


@planted("(1)")
def a_flip_drops_what_was_on_its_way(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = Commit.run

    def run(self: Commit) -> None:
        try:
            shares = routes.load()
        except Error:
            shares = routes.current.get()
        self.appends = [
            (part, epoch)
            for part, epoch in self.appends
            if bucket(shares[part.kind].salt, part.device_sn) < shares[part.kind].below
            and shares[part.kind].epoch == epoch
        ]
        real(self)

    patch.setattr(Commit, "run", run)


@planted("(1)", "(2)")
def a_missing_time_is_filled_in_by_the_consumer(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = uploads.read

    def read(*args: Any, **kwargs: Any) -> Any:
        upload = real(*args, **kwargs)
        for part in upload.parts.values():
            part.records = [
                msgspec.structs.replace(record, timestamp=0)
                if record.timestamp == upload.received_ms // 1000
                else record
                for record in part.records
            ]
        return upload

    def late(kind: Kind) -> Kind:
        def write(records: Any) -> Written:
            now = int(ports.current.world.now)
            return kind.write([r if r.timestamp else msgspec.structs.replace(r, timestamp=now) for r in records])

        return replace(kind, write=write)

    patch.setattr(uploads, "read", read)
    rewritten(patch, late)


# Storing


@planted("(1)", "(3)", within=6_000)
def the_table_has_no_unique_key(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    ports.without_keys("t_user_health_data")


@planted("(1)")
def a_conflict_is_dropped_as_insert_ignore_does(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    def ignoring(kind: Kind) -> Kind:
        def write(records: Any) -> Written:
            return replace(kind.write(records), conflicts=())

        return replace(kind, write=write)

    rewritten(patch, ignoring)


@planted("(2)", "(1)")
def a_conflict_overwrites_what_is_there(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = rows.Table.select

    def select(self: rows.Table, columns: Any, keys: Any) -> Any:
        if self.name == "t_user_health_data" and tuple(columns) == self.key:
            rows_of = ", ".join(f"('{key[0]}', '{key[1]}')" for key in keys)
            with rows.connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM t_user_health_data WHERE (device_sn, timestamp) IN (VALUES {rows_of})")
        return real(self, columns, keys)

    patch.setattr(rows.Table, "select", select)


@planted("(3)")
def a_busy_database_buries_good_records(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = storing.classify

    def classify(error: Exception) -> Failure:
        found = real(error)
        return Failure.RECORD if found is Failure.RETRY else found

    everywhere(patch, "classify", classify)


@planted("(1)")
def one_half_of_a_bisected_batch_is_dropped(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    # The function that calls itself with each half, whatever it is a part of.
    owner, name = (storing, "_store") if hasattr(storing, "_store") else (storing._Storing, "store")
    real: Any = getattr(owner, name)
    depth = [0]

    def store(*args: Any) -> Tally:
        items, burials = args[-2:]
        if depth[0] and items and not burials:
            return Tally()
        depth[0] += 1
        try:
            return real(*args)
        finally:
            depth[0] -= 1

    patch.setattr(owner, name, store)


@planted("(1)", "(3)")
def an_event_is_buried_with_its_bad_reading(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(storing, "sift", lambda kind, record, *, refusal: Sifted(record))


@planted("(1)")
def a_dead_letter_is_written_outside_the_transaction(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = storing.deadletters.bury

    def bury(burials: Any) -> int:
        found = list(burials)
        transaction.on_commit(lambda: real(found), robust=True)
        return 0

    patch.setattr(storing.deadletters, "bury", bury)


@planted("(1)")
def dead_letters_are_not_written(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(storing.deadletters, "bury", lambda burials: len(list(burials)) * 0)


@planted("(1)", "(3)")
def a_duplicate_without_its_owner_is_called_a_conflict(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    for module in (health, device, event):
        patch.setattr(
            module,
            "agree",
            lambda record, held: all(getattr(record, name) == value for name, value in held.items()),
        )


@planted("(5)")
def a_device_goes_back_to_an_older_state(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(device, "FORWARD", {name: f"{{new.{name}}}" for name in device.FORWARD})


@planted("(2)")
def a_day_takes_whatever_comes_last(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = rows.Table.insert_or

    def insert_or(self: rows.Table, found: Any, assignments: dict[str, str]) -> None:
        if self.name == "t_user_health_data_daily":
            assignments = {name: f"{{new.{name}}}" for name in assignments}
        real(self, found, assignments)

    patch.setattr(rows.Table, "insert_or", insert_or)


@planted("(2)")
def an_alert_is_raised_for_each_delivery(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    patch.setattr(event, "dedup_key", lambda record: uuid.uuid4().hex)


# Mirror


@planted("(7)")
def a_shadow_is_stored_otherwise(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    shadow = registry.get("health-shadow")

    def write(records: Any, shadow: bool = True) -> Written:
        return health.write([msgspec.structs.replace(record, heart_rate=None) for record in records], True)

    patch.setitem(registry._shadows, "health", replace(shadow, write=write))


@planted("(3)")
def copies_go_to_the_stream_of_devices(patch: pytest.MonkeyPatch, ports: Ports) -> None:
    real = mirror._entries

    def entries(shadow: Kind, copy: mirror.Copy) -> list[Any]:
        stream = registry.get(copy.kind).stream
        return [msgspec.structs.replace(entry, stream=stream) for entry in real(shadow, copy)]

    patch.setattr(mirror, "_entries", entries)

"""An existing database is made fit: what stands in the way is told, mended when asked, and nothing is lost."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from ingest.legacy_tables import columns, duplicates, expected
from ingest.legacy_tables.found import Column
from ingest.models import AlertInfo, CommonEvent, DeviceInfo, HealthDaily, HealthData
from ingest.records import Device, Event, Health
from ljwx.fields import BytewiseCharField
from streaming import registry
from streaming.models import DeadLetter
from streaming.storing import Item, Tally, store

MYSQL = connection.vendor == "mysql"
AT = 1_704_074_400  # 2024-01-01 10:00:00 in Shanghai
on_mysql = pytest.mark.skipif(not MYSQL, reason="what only MySQL and MariaDB have")
on_sqlite = pytest.mark.skipif(MYSQL, reason="what only SQLite has")

pytestmark = pytest.mark.django_db(transaction=True)


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def drop_all() -> None:
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            if name.startswith("t_"):
                cursor.execute(f"DROP TABLE {name}")


@pytest.fixture
def empty() -> Iterator[None]:
    """A database without record tables, as `migrate` has never seen it; afterwards as it was."""
    drop_all()
    recorder = MigrationRecorder(connection)
    own = [name for app, name in recorder.applied_migrations() if app == "ingest"]
    for name in own:
        recorder.record_unapplied("ingest", name)
    yield
    drop_all()
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("ingest").get_models():
            editor.create_model(model)
    for name in own:
        if ("ingest", name) not in recorder.applied_migrations():
            recorder.record_applied("ingest", name)
    if MYSQL:
        execute(f"ALTER DATABASE `{connection.settings_dict['NAME']}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")


ID = "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY" if MYSQL else "integer NOT NULL PRIMARY KEY AUTOINCREMENT"
CI = "varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci" if MYSQL else "varchar(50)"


@pytest.fixture
def legacy(empty: None) -> None:
    """Two tables of another program: no unique key, serials that differ in case alone, two readings too many."""
    health = f"""
        CREATE TABLE t_user_health_data (id {ID}, device_sn {CI} NOT NULL, heart_rate int, pressure_high int,
        pressure_low int, blood_oxygen int, stress int, step int, temperature double, timestamp datetime NOT NULL,
        latitude double, longitude double, altitude double, distance double, calorie double, sleep double,
        user_id bigint, org_id bigint, customer_id bigint, user_name varchar(255), phone_number varchar(32),
        create_time datetime, update_time datetime)"""
    daily = f"""
        CREATE TABLE t_user_health_data_daily (id {ID}, device_sn {CI} NOT NULL, date date NOT NULL,
        sleep_data longtext, exercise_daily_data longtext, workout_data longtext, scientific_sleep_data longtext,
        create_time datetime, update_time datetime, UNIQUE (device_sn, date))"""
    execute(
        health + ("CHARACTER SET utf8mb4" if MYSQL else ""),
        daily + ("CHARACTER SET utf8mb4" if MYSQL else ""),
        "INSERT INTO t_user_health_data (id, device_sn, timestamp, heart_rate) VALUES"
        " (1, 'Abc', '2024-01-01 10:00:00', 60), (2, 'Abc', '2024-01-01 10:00:00', 61),"
        " (3, 'abc', '2024-01-01 10:00:00', 62), (4, 'Abc', '2024-01-01 10:00:01', 63),"
        " (5, 'Abc', '2024-01-01 10:00:00', 64)",
    )


def run(*args: str) -> tuple[int, str]:
    """Exit code and output."""
    output = io.StringIO()
    try:
        call_command("prepare_legacy_tables", *args, stdout=output)
    except CommandError as error:
        return error.returncode, output.getvalue() + str(error)
    except SystemExit as error:
        return int(str(error.code)), output.getvalue()
    return 0, output.getvalue()


def found() -> dict[tuple[str, str], list[str]]:
    """What a dry run finds: texts by table and what it is."""
    _code, output = run("--format", "json")
    return {(each["table"], each["what"]): each["text"] for each in json.loads(output)["findings"]}


def put(kind: str, *records: Any) -> Tally:
    return store(registry.get(kind), [Item(record, AT * 1000) for record in records])


def recorded() -> bool:
    return ("ingest", "0001_initial") in MigrationRecorder(connection).applied_migrations()


def test_our_own_tables_need_nothing() -> None:
    assert run() == (0, "Nothing to mend. Next: manage.py migrate\n")
    assert found() == {}


def test_a_database_without_record_tables_is_left_to_migrate(empty: None) -> None:
    assert run("--apply") == (0, "Nothing to mend. Next: manage.py migrate\n")
    assert not recorded()


def test_a_dry_run_tells_duplicates_first_with_masked_serials_and_changes_nothing(legacy: None) -> None:
    execute("UPDATE t_user_health_data SET device_sn = 'SN12345678' WHERE id <> 3")
    code, output = run()
    assert code == 10
    assert output.startswith("t_user_health_data: duplicates\n")
    assert "SN…678, 2024-01-01 10:00:00 ×3" in output
    assert "SN12345678" not in output
    assert "t_device_info: missing table" in output
    assert "column is_deleted is missing" in output
    assert "column sleep_at is missing" in output
    assert "there is no unique key on (device_sn, timestamp)" in output
    assert rows("SELECT COUNT(*) FROM t_user_health_data") == [(5,)]
    assert not recorded()
    assert run() == (10, output)


def test_serials_that_differ_in_case_alone_are_no_duplicates(legacy: None) -> None:
    (expected_health,) = [each for each in expected.load().tables if each.model._meta.object_name == "HealthData"]
    assert duplicates.look(expected_health) == duplicates.Duplicates(1, 2, ["A…, 2024-01-01 10:00:00 ×3"])


def test_with_duplicates_the_unique_key_is_refused_and_everything_else_is_done(legacy: None) -> None:
    code, output = run("--apply")
    assert code == 1
    assert "run with --apply --quarantine-duplicates" in output
    assert set(found()) == {
        ("t_user_health_data", "duplicates"),
        ("t_user_health_data", "unique key"),
        ("django_migrations", "not recorded"),
    }
    assert rows("SELECT COUNT(*) FROM t_user_health_data") == [(5,)]


def test_duplicates_are_moved_in_full_and_the_first_stays(legacy: None) -> None:
    code, output = run("--apply", "--quarantine-duplicates")
    assert code == 0, output
    assert "2 rows were moved" in output
    assert rows("SELECT id, heart_rate FROM t_user_health_data ORDER BY id") == [(1, 60), (3, 62), (4, 63)]
    assert rows("SELECT id, device_sn, heart_rate FROM t_user_health_data_duplicates ORDER BY id") == [
        (2, "Abc", 61),
        (5, "Abc", 64),
    ]
    assert recorded()
    assert run() == (0, "Nothing to mend. Next: manage.py migrate\n")
    assert run("--apply", "--quarantine-duplicates")[0] == 0


def test_of_a_device_the_newest_state_stays(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    execute("DROP TABLE t_device_info")
    execute(
        f"CREATE TABLE t_device_info (id {ID}, serial_number {CI} NOT NULL, timestamp datetime,"
        " device_name varchar(255))" + ("CHARACTER SET utf8mb4" if MYSQL else ""),
        "INSERT INTO t_device_info (serial_number, timestamp, device_name) VALUES"
        " ('A', '2024-01-01', 'old'), ('A', '2024-01-03', 'newest'), ('A', '2024-01-02', 'newer'),"
        " ('a', '2024-01-01', 'other')",
    )
    assert run("--apply", "--quarantine-duplicates")[0] == 0
    assert rows("SELECT device_name FROM t_device_info ORDER BY id") == [("newest",), ("other",)]
    assert rows("SELECT device_name FROM t_device_info_duplicates ORDER BY id") == [("old",), ("newer",)]


def test_a_copy_that_is_not_complete_removes_nothing(legacy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    (health,) = [each for each in expected.load().tables if each.model._meta.object_name == "HealthData"]
    monkeypatch.setattr(duplicates, "_surplus", lambda expected: [2, 5, 99])
    with pytest.raises(duplicates.Mismatch):
        list(duplicates.quarantine(health))
    assert rows("SELECT COUNT(*) FROM t_user_health_data") == [(5,)]
    assert rows("SELECT COUNT(*) FROM t_user_health_data_duplicates") == [(0,)]


def test_afterwards_records_are_stored_once_and_serials_do_not_merge(legacy: None) -> None:
    assert run("--apply", "--quarantine-duplicates")[0] == 0
    assert put(
        "health", Health("Abc", AT, heart_rate=60), Health("ABC", AT, heart_rate=99, temperature=36.553)
    ) == Tally(1, 1)
    assert put("health", Health("ABC", AT, heart_rate=99, temperature=36.553)) == Tally(0, 1)
    assert put("health", Health("ABC", AT, heart_rate=98)) == Tally(0, 0, 1, 1)
    assert put("device", Device("A", AT), Device("a", AT)) == Tally(2)
    assert put("event", Event("A", "SOS_EVENT", AT, health=[Health("A", AT, sleep_data="[]")])) == Tally(1)
    assert DeadLetter.objects.get().reason == "conflict"
    assert (HealthData.objects.count(), HealthDaily.objects.count()) == (5, 1)
    assert (DeviceInfo.objects.count(), CommonEvent.objects.count(), AlertInfo.objects.count()) == (2, 1, 1)


def test_migrate_goes_on_from_there(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    call_command("migrate", verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)


@on_mysql
def test_every_trouble_of_mysql_is_found_and_mended(empty: None) -> None:
    execute(
        f"ALTER DATABASE `{connection.settings_dict['NAME']}` CHARACTER SET latin1",
        """CREATE TABLE t_user_health_data (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
        device_sn varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL COMMENT 'it''s the serial',
        heart_rate tinyint NOT NULL DEFAULT 0, pressure_high tinyint unsigned, pressure_low int, blood_oxygen int,
        stress int, step smallint, temperature decimal(4,1), timestamp datetime NOT NULL, latitude decimal(8,4),
        longitude float, altitude varchar(20) DEFAULT '0', distance double(10,2), calorie double, sleep double,
        upload_method enum('wifi','bluetooth') DEFAULT 'wifi', user_id bigint, org_id int, customer_id varchar(20),
        user_name varchar(255), phone_number varchar(32) NOT NULL, is_deleted bit(1) NOT NULL DEFAULT b'0',
        create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
        update_time timestamp NULL ON UPDATE CURRENT_TIMESTAMP,
        watch_model varchar(20) NOT NULL) CHARACTER SET latin1""",
        """CREATE TABLE t_user_health_data_daily (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
        device_sn varchar(64) NOT NULL, date date NOT NULL, sleep_data text, exercise_daily_data json,
        workout_data longtext, scientific_sleep_data varchar(2000), create_time datetime, update_time datetime,
        UNIQUE KEY (device_sn, date)) ENGINE=MyISAM CHARACTER SET latin1""",
        """CREATE TABLE t_alert_info (id bigint NOT NULL PRIMARY KEY, rule_id bigint, alert_type varchar(100),
        device_sn varchar(64), alert_timestamp datetime, alert_desc text, severity_level enum('low','high'),
        alert_status enum('pending','closed'), latitude double, longitude double, altitude double, health_id bigint,
        user_id bigint, org_id bigint, customer_id bigint, create_time datetime, update_time datetime)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin""",
    )
    everything = found()
    troubles = everything[("t_user_health_data", "columns")]
    assert [text.split()[1] for text in troubles] == [
        "customer_id", "org_id", "device_sn", "heart_rate", "pressure_high", "temperature", "step", "distance",
        "latitude", "longitude", "altitude", "upload_method", "user_name", "phone_number", "watch_model",
    ]  # fmt: skip
    assert [text.split()[1] for text in everything[("t_alert_info", "columns")]] == [
        "id",
        "severity_level",
        "dedup_key",
    ]
    assert ("t_user_health_data_daily", "engine") in everything
    assert (connection.settings_dict["NAME"], "database") in everything
    assert ("t_user_health_data", "time zone") in everything
    code, output = run("--apply")
    assert code == 0, output
    assert set(found()) == {("t_user_health_data", "time zone")}
    definition = rows("SHOW CREATE TABLE t_user_health_data")[0][1]
    assert "COMMENT 'it''s the serial'" in definition
    assert "ON UPDATE current_timestamp()" in definition
    assert "`upload_method` varchar(16)" in definition
    assert "DEFAULT 'wifi'" in definition
    full = Health("诊𠮷", AT, heart_rate=250, temperature=36.553, latitude=31.123456789, longitude=121.987654321,
                  altitude=4.5, distance=1.2345, step=70_000, upload_method="esim", customer_id=2**62, org_id=2**40,
                  sleep_data="{}")  # fmt: skip
    assert put("health", full, Health("x", AT)) == Tally(2)
    assert put("health", full, Health("x", AT)) == Tally(0, 2)
    assert put("event", Event("A", "SOS_EVENT", AT, event_value="跌倒𠮷")) == Tally(1)
    assert not DeadLetter.objects.exists()


@on_mysql
def test_a_statement_that_fails_stops_and_can_be_mended(legacy: None) -> None:
    execute("ALTER TABLE t_user_health_data MODIFY stress varchar(8)", "UPDATE t_user_health_data SET stress = 'high'")
    code, output = run("--apply", "--quarantine-duplicates")
    assert code == 1
    assert "t_user_health_data" in output
    assert not recorded()
    execute("UPDATE t_user_health_data SET stress = NULL")
    assert run("--apply", "--quarantine-duplicates")[0] == 0


@on_sqlite
def test_what_sqlite_can_not_alter_is_left_to_a_person(empty: None) -> None:
    execute(
        """CREATE TABLE t_device_info (id bigint PRIMARY KEY, serial_number varchar(64) COLLATE NOCASE UNIQUE,
        timestamp datetime, battery_level varchar(8), imei integer, voltage int NOT NULL, extra text NOT NULL)"""
    )
    code, output = run("--apply")
    assert code == 1
    for part in ("column id does not", "column battery_level is varchar(8)", "column imei is integer",
                 "column voltage must allow NULL", "column extra is not ours", "collation NOCASE"):  # fmt: skip
        assert part in output
    assert "must be mended by hand" in output
    assert not recorded()


def test_a_unique_key_that_different_records_share_is_left_to_a_person(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    execute("CREATE UNIQUE INDEX by_imei ON t_device_info (imei)")
    assert run("--apply")[0] == 1
    assert "by_imei (imei)" in found()[("t_device_info", "unique key of others")][0]


def test_a_longer_unique_key_and_one_with_the_id_harm_nobody(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    execute(
        "CREATE UNIQUE INDEX longer ON t_device_info (serial_number, imei)",
        "CREATE UNIQUE INDEX with_id ON t_device_info (imei, id)",
    )
    assert found() == {}


def test_triggers_are_told_and_do_not_stand_in_the_way(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    body = "SET NEW.user_name = 'x'" if MYSQL else "BEGIN SELECT 1; END"
    when = "BEFORE" if MYSQL else "AFTER"
    execute(f"CREATE TRIGGER watching {when} INSERT ON t_user_health_data FOR EACH ROW {body}")
    code, output = run()
    assert code == 0
    assert "watching: a record that it refuses becomes a dead letter" in output


def test_a_view_is_not_taken_for_a_table(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    execute("ALTER TABLE t_device_info RENAME TO t_real", "CREATE VIEW t_device_info AS SELECT * FROM t_real")
    assert ("t_device_info", "view") in found()
    assert run("--apply")[0] == 1
    execute("DROP VIEW t_device_info")


def test_an_index_for_reading_is_made_again(legacy: None) -> None:
    run("--apply", "--quarantine-duplicates")
    execute("DROP INDEX alert_status_severity" + (" ON t_alert_info" if MYSQL else ""))
    assert set(found()) == {("t_alert_info", "index")}
    assert run("--apply")[0] == 0


def test_quarantine_without_apply_is_a_usage_error() -> None:
    assert run("--quarantine-duplicates")[0] == 2


def test_a_database_that_does_not_answer_is_an_environment_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise connection.Database.OperationalError(2002, "made by the test")

    def load() -> Any:
        with connection.wrap_database_errors:
            away()

    monkeypatch.setattr(expected, "load", load)
    assert run()[0] == 3


@on_mysql
@pytest.mark.parametrize(
    ("field", "type_", "length", "wrong"),
    [
        (models.SmallIntegerField(), "smallint(6)", None, False),
        (models.SmallIntegerField(), "int(10) unsigned", None, False),
        (models.SmallIntegerField(), "smallint", None, False),
        (models.SmallIntegerField(), "tinyint(3) unsigned", None, True),
        (models.SmallIntegerField(), "decimal(10,0)", None, True),
        (models.BigIntegerField(), "bigint(20) unsigned", None, False),
        (models.BigIntegerField(), "int(11)", None, True),
        (models.FloatField(), "double", None, False),
        (models.FloatField(), "double unsigned", None, True),
        (models.FloatField(), "double(10,2)", None, True),
        (models.FloatField(), "decimal(10,2)", None, True),
        (models.CharField(max_length=16), "varchar(16)", 16, False),
        (models.CharField(max_length=16), "varchar(15)", 15, True),
        (models.CharField(max_length=16), "text", 65535, False),
        (models.CharField(max_length=16, choices=[("a", "A")]), "enum('a','b')", 1, False),
        (models.CharField(max_length=16, choices=[("a", "A"), ("c", "C")]), "enum('a','b')", 1, True),
        (models.CharField(max_length=16, default="a"), "enum('a','b')", 1, False),
        (models.CharField(max_length=16), "int(11)", None, True),
        (BytewiseCharField(max_length=64), "text", 65535, True),
        (models.TextField(), "text", 65535, False),
        (models.TextField(), "varchar(500)", 500, True),
        (models.JSONField(), "json", None, False),
        (models.JSONField(), "mediumtext", None, False),
        (models.JSONField(), "text", 65535, True),
        (models.DateTimeField(), "datetime(6)", None, False),
        (models.DateTimeField(), "varchar(30)", 30, True),
        (models.DateField(), "datetime", None, True),
        (models.BooleanField(), "tinyint(1)", None, False),
    ],
)
def test_a_type_is_judged_by_whether_it_holds_every_value(
    field: Any, type_: str, length: int | None, wrong: bool
) -> None:
    textual = any(word in type_ for word in ("char", "text", "enum"))
    collation = {"charset": "utf8mb4", "collation": "utf8mb4_bin"} if textual else {}
    need = columns.judge(field, Column("x", type_, nullable=True, length=length, **collation))
    assert (need is not None) is wrong

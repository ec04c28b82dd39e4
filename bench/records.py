"""Canonical readings of a fleet, for what is measured below the edge."""

from ingest.records import Health

FLEET = 10_000
# 2026-01-01 00:00:00 in Shanghai; a table that is filled beforehand ends long before the readings that are measured.
START = 1_767_196_800
AFTER = 100_000


def readings(first: int, count: int, *, fleet: int = FLEET) -> list[Health]:
    """Readings number `first` and following: each device of the fleet in turn, one second later each time."""
    return [
        Health(
            f"BENCH{number % fleet:09d}", START + AFTER + number // fleet, 60 + number % 40, 96, 36.9, 128, 85, 52,
            600, 0.7, 25.0, 31.230416, 121.473701, 4.0, "wifi", 1900000000000000001, 1900000000000000011,
            1900000000000000021,
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def fill_sql(first: int, count: int) -> str:
    """A statement that fills the table with `count` such readings, earlier than all of `readings`."""
    return f"""
        INSERT INTO t_user_health_data (device_sn, timestamp, heart_rate, blood_oxygen, temperature, pressure_high,
            pressure_low, stress, step, distance, calorie, latitude, longitude, altitude, upload_method, customer_id,
            org_id, user_id, is_deleted, create_time, update_time)
        SELECT CONCAT('BENCH', LPAD(seq % {FLEET}, 9, '0')), '2026-01-01' + INTERVAL seq DIV {FLEET} SECOND,
            60 + seq % 40, 96, 36.9, 128, 85, 52, 600, 0.7, 25.0, 31.230416, 121.473701, 4.0, 'wifi',
            1900000000000000001, 1900000000000000011, 1900000000000000021, 0, NOW(), NOW()
        FROM seq_{first}_to_{first + count - 1}"""

"""The canonical records: what every dialect becomes at the edge, and what both paths store.

Times are epoch seconds (UTC). None is "not measured" or "not known". As msgpack they are arrays.
"""

import msgspec


class Health(msgspec.Struct, array_like=True, frozen=True):
    """One reading. Natural key: (device_sn, timestamp)."""

    device_sn: str
    timestamp: int
    heart_rate: int | None = None
    blood_oxygen: int | None = None
    temperature: float | None = None
    pressure_high: int | None = None
    pressure_low: int | None = None
    stress: int | None = None
    step: int | None = None
    distance: float | None = None
    calorie: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    upload_method: str = "wifi"
    customer_id: int | None = None
    org_id: int | None = None
    user_id: int | None = None
    # nested data as JSON text
    sleep_data: str | None = None
    exercise_daily_data: str | None = None
    exercise_week_data: str | None = None
    scientific_sleep_data: str | None = None
    workout_data: str | None = None
    sleep: float | None = None


class Device(msgspec.Struct, array_like=True, frozen=True):
    """One state of a device. Natural key: (serial_number, timestamp)."""

    serial_number: str
    timestamp: int
    system_software_version: str | None = None
    wifi_address: str | None = None
    bluetooth_address: str | None = None
    ip_address: str | None = None
    network_access_mode: str | None = None
    device_name: str | None = None
    imei: str | None = None
    battery_level: int | None = None
    voltage: int | None = None
    status: str | None = None
    wearable_status: str | None = None
    charging_status: str | None = None
    customer_id: int | None = None
    org_id: int | None = None
    user_id: int | None = None


class Event(msgspec.Struct, array_like=True, frozen=True):
    """One event. Natural key: (device_sn, event_type, timestamp, event_value)."""

    device_sn: str
    event_type: str
    timestamp: int
    event_value: str = ""
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    customer_id: int | None = None
    org_id: int | None = None
    user_id: int | None = None
    health: list[Health] = []

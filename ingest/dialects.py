"""The names that the four dialects use for each canonical field, in the order in which they win."""

from collections.abc import Mapping
from typing import Any

SERIAL = ("device_sn", "deviceSn", "id", "device_id", "serialNumber", "SerialNumber")
TIME = ("timestamp", "cjsj", "create_time")

IDS = {
    "customer_id": ("customer_id", "customerId"),
    "org_id": ("org_id", "orgId"),
    "user_id": ("user_id", "userId"),
}
POSITION = {
    "latitude": ("latitude", "wd"),
    "longitude": ("longitude", "jd"),
    "altitude": ("altitude", "hb"),
}

HEALTH = {
    "heart_rate": ("heart_rate", "heartRate", "xlv"),
    "blood_oxygen": ("blood_oxygen", "bloodOxygen", "xy"),
    "temperature": ("temperature", "body_temperature", "bodyTemperature", "tw"),
    "pressure_high": ("pressure_high", "blood_pressure_systolic", "pressureHigh", "gxy"),
    "pressure_low": ("pressure_low", "blood_pressure_diastolic", "pressureLow", "dxy"),
    "stress": ("stress", "yl"),
    "step": ("step", "bs", "steps"),
    "distance": ("distance", "jl"),
    "calorie": ("calorie", "rl"),
    "upload_method": ("upload_method", "uploadMethod"),
}
NESTED = {
    "sleep_data": ("sleep_data", "sleepData", "smData"),
    "exercise_daily_data": ("exercise_daily_data", "exerciseDailyData", "ydData"),
    "exercise_week_data": ("exercise_week_data", "exerciseWeekData", "exerciseDailyWeekData", "ydWeekData"),
    "scientific_sleep_data": ("scientific_sleep_data", "scientificSleepData", "kxsmData"),
    "workout_data": ("workout_data", "workoutData"),
}

DEVICE_SERIAL = ("SerialNumber", "serial_number", "deviceSn", "serialNumber", "device_sn", "device_id", "id")
DEVICE = {
    "system_software_version": ("System Software Version", "system_version", "firmwareVersion"),
    "device_name": ("Device Name", "device_name", "deviceName"),
    "wifi_address": ("Wifi Address", "wifi_address"),
    "bluetooth_address": ("Bluetooth Address", "bluetooth_address"),
    "ip_address": ("IP Address", "ip_address"),
    "network_access_mode": ("Network Access Mode", "network_mode"),
    "imei": ("IMEI", "imei"),
    "battery_level": ("batteryLevel", "battery_level"),
    "voltage": ("voltage",),
    "charging_status": ("chargingStatus", "charging_status"),
    "status": ("status",),
    "wearable_status": ("wearState", "wear_state"),
}

EVENT_TYPE = ("eventType", "event_type", "action", "type", "alert_type")
EVENT_VALUE = ("eventValue", "event_value", "value", "eventData", "event_data")
EVENT_TIME = (*TIME, "eventTime", "event_time", "alert_timestamp")
EVENT_HEALTH = ("healthData", "health_data", "heatlhData")


class Names:
    """The names of several fields, looked up in one pass over an object."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self._names = names
        self._field = {name: field for field, spellings in names.items() for name in spellings}

    def pick(self, source: dict[str, Any]) -> dict[str, Any]:
        """The fields that `source` has, each under the first of its names that is present and not null."""
        found: dict[str, Any] = {}
        field_of = self._field.get
        for name, value in source.items():
            if value is not None and (field := field_of(name)) is not None:
                found[field] = value if field not in found else first(source, self._names[field])
        return found


def first(source: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The first of `names` that is present and not null; None when there is none."""
    for name in names:
        value = source.get(name)
        if value is not None:
            return value
    return None


HEALTH_NAMES = Names({"device_sn": SERIAL, "timestamp": TIME, **IDS, **POSITION, **HEALTH, **NESTED})
DEVICE_NAMES = Names({"device_sn": DEVICE_SERIAL, "timestamp": TIME, **IDS, **DEVICE})
EVENT_NAMES = Names(
    {
        "device_sn": SERIAL,
        "timestamp": EVENT_TIME,
        "event_type": EVENT_TYPE,
        "event_value": EVENT_VALUE,
        "health": EVENT_HEALTH,
        **IDS,
        **POSITION,
    }
)
OWNER_NAMES = Names(IDS)

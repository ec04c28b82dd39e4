"""Which events raise an alert, and how severe it is."""

from hashlib import blake2b

from ingest.records import Event

SEVERITY = {
    **dict.fromkeys(("SOS_EVENT", "FALLDOWN_EVENT", "ONE_KEY_ALARM"), "critical"),
    **dict.fromkeys(
        (
            "WEAR_STATUS_CHANGED",
            "STRESS_HIGH_ALERT",
            "SPO2_LOW_ALERT",
            "HEARTRATE_HIGH_ALERT",
            "HEARTRATE_LOW_ALERT",
            "TEMPERATURE_HIGH_ALERT",
            "TEMPERATURE_LOW_ALERT",
            "PRESSURE_HIGH_ALERT",
            "PRESSURE_LOW_ALERT",
        ),
        "high",
    ),
    **dict.fromkeys(("CALL_STATE", "BOOT_COMPLETED"), "medium"),
    **dict.fromkeys(("UI_SETTINGS_CHANGED", "FUN_DOUBLE_CLICK"), "low"),
}


def dedup_key(event: Event) -> str:
    """The same for every delivery of one event: a digest of its natural key."""
    content = "\x00".join((event.device_sn, event.event_type, str(event.timestamp), event.event_value))
    return blake2b(content.encode(), digest_size=16).hexdigest()

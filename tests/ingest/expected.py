"""What each file of `tests/wire` must become, written by hand from the wire contract.

Rows without their NULL columns; times as the tables hold them (Asia/Shanghai).
"""

from dataclasses import dataclass, field
from typing import Any

RECEIPT = "2026-09-15 12:00:00"
OWNERS = {"customer_id": 1900000000000000001, "org_id": 1900000000000000011}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows by table, the dead letters (kind, serial, reason, payload), and what is answered."""

    accepted: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    dead: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


def health(device_sn: str, timestamp: str, **values: Any) -> dict[str, Any]:
    return {"device_sn": device_sn, "timestamp": timestamp, "upload_method": "wifi", "is_deleted": False, **values}


def device(serial_number: str, timestamp: str, **values: Any) -> dict[str, list[dict[str, Any]]]:
    """A state that is the device's newest: the same row in both tables."""
    row = {"serial_number": serial_number, "timestamp": timestamp, **values}
    return {"device": [row], "history": [row]}


def event(kind: str, value: str, serial: str, moment: str, **values: Any) -> dict[str, Any]:
    return {"device_sn": serial, "event_type": kind, "event_value": value, "timestamp": moment, **values}


def alert(severity: str, of: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The alert of an event: its position, its owners, and a description."""
    same = {name: of[name] for name in of if name not in {"event_type", "event_value", "timestamp"}}
    return {
        **same,
        "alert_type": of["event_type"],
        "alert_timestamp": of["timestamp"],
        "alert_desc": f"{of['event_type']}: {of['event_value']}",
        "severity_level": severity,
        "alert_status": "pending",
        **values,
    }


SOS = event(
    "SOS_EVENT", "SYNTH23409001001", "SYNTH23409001001", "2026-09-10 13:05:24",
    **OWNERS, user_id=1900000000000000021, latitude=31.540367, longitude=121.015089, altitude=0.0,
)  # fmt: skip
FALL = event("FALLDOWN_EVENT", "1", "SYNTH24B26000732", RECEIPT)
WEAR_RELAYED = event("WEAR_STATUS_CHANGED", "1", "SYNTH23409001004", "2026-06-19 15:48:29")
WEAR = event(
    "WEAR_STATUS_CHANGED", "0", "SYNTH23409001001", "2026-06-19 15:48:28",
    latitude=31.540412, longitude=121.015103, altitude=0.0,
)  # fmt: skip
FAST = event(
    "HEARTRATE_HIGH_ALERT", "120", "SYNTH24603000537", "2026-01-25 14:30:00",
    latitude=31.540367, longitude=121.015089, altitude=0.0,
)  # fmt: skip
KEY_ALARM = event("ONE_KEY_ALARM", "1", "SYNTH_EVENT_001", "2026-09-02 17:00:00")
CLICK = event("FUN_DOUBLE_CLICK", "", "SYNTH_EVENT_001", "2026-09-02 17:00:01")
BOOT = event("BOOT_COMPLETED", "boot", "SYNTH_EVENT_001", "2026-09-02 17:00:02")
BATCH_SOS = event("SOS_EVENT", "", "SYNTH_GW_201", "2026-09-07 18:00:01", customer_id=8, org_id=1, user_id=101)

RESUMED = [
    health(
        "SYNTH23409001003", "2026-05-31 21:18:24",
        heart_rate=66, blood_oxygen=98, step=0, distance=0.0, calorie=0.0, pressure_high=107, pressure_low=74,
    ),
    health(
        "SYNTH23409001003", "2026-05-31 21:19:24",
        heart_rate=68, blood_oxygen=97, temperature=36.4, step=12, distance=8.0, calorie=300.0, stress=31,
        pressure_high=108, pressure_low=75,
    ),
]  # fmt: skip

EXPECTED = {
    "health-watch-single.json": Outcome(1, {"health": [health(
        "SYNTH23409001001", "2026-09-02 17:00:00", **OWNERS, user_id=1900000000000000021,
        heart_rate=92, blood_oxygen=96, temperature=36.9, step=600, distance=0.7, calorie=25.0, latitude=31.230416,
        longitude=121.473701, altitude=4.0, stress=52, pressure_high=128, pressure_low=85,
    )]}),
    "health-watch-resume.json": Outcome(3, {"health": RESUMED}),
    "health-watch-nested.json": Outcome(1, {
        "health": [health(
            "SYNTH23409001002", "2026-09-02 17:05:00", **OWNERS, user_id=1900000000000000022,
            heart_rate=75, blood_oxygen=97, temperature=36.5, step=8000, distance=5430.0, calorie=30015.0,
            latitude=31.14505564403376, longitude=121.14877354661755, altitude=0.0, stress=50, pressure_high=120,
            pressure_low=80, sleep=3.87,
        )],
        "day": [{
            "device_sn": "SYNTH23409001002", "date": "2026-09-02",
            "sleep_data": {
                "code": 0, "name": "sleep", "type": "history",
                "data": [{"endTimeStamp": 1788379080000, "startTimeStamp": 1788365160000, "type": 2}],
            },
            "sleep_at": 1788339900,
            "exercise_daily_data": {
                "code": 0, "name": "calorie", "type": "history",
                "data": [{"data": 108, "timeStamp": 1788325620000}, {"data": 94, "timeStamp": 1788329220000}],
            },
            "exercise_daily_at": 1788339900,
            "workout_data": {
                "code": 0, "name": "workout", "type": "history",
                "data": [{
                    "calorie": 208, "distance": 5449, "startTimeStamp": 1788366960000,
                    "endTimeStamp": 1788368280000, "workoutType": 10,
                }],
            },
            "workout_at": 1788339900,
        }],
        "week": [{
            "device_sn": "SYNTH23409001002", "week_start": "2026-08-31",
            "exercise_week_data": {
                "code": 0, "name": "daily", "type": "history",
                "data": [
                    {"timeStamps": 1787846820000, "totalSteps": 11165, "strengthTimes": 684, "totalTime": 9},
                    {"timeStamps": 1787933220000, "totalSteps": 14407, "strengthTimes": 1434, "totalTime": 9},
                ],
            },
            "exercise_week_at": 1788339900,
        }],
    }),
    "health-no-timestamp.json": Outcome(1, {"health": [health(
        "SYNTH24B26000732", RECEIPT, heart_rate=94, blood_oxygen=98, temperature=37.1, pressure_high=135,
        pressure_low=92, step=1107, distance=754.0, calorie=45615.0, latitude=31.14505564403376,
        longitude=121.14877354661755,
    )]}),
    "health-numeric-ids.json": Outcome(1, {"health": [health(
        "SYNTH_DEBUG_001", "2026-09-02 17:00:01", **OWNERS, user_id=1900000000000000023, upload_method="esim",
        heart_rate=92, blood_oxygen=96, temperature=36.9, step=600, distance=0.7, calorie=25.0,
        latitude=31.533270802543, longitude=121.92727390719, altitude=0.0, stress=52, pressure_high=128,
        pressure_low=85,
    )]}),
    "health-phone-relay.json": Outcome(1, {
        "health": [health(
            "SYNTH23409001004", "2026-06-19 15:48:28", upload_method="bluetooth", heart_rate=72, blood_oxygen=98,
            temperature=36.6, pressure_high=116, pressure_low=78, step=1234, distance=754.0, calorie=45615.0,
            latitude=31.54, longitude=121.01, altitude=0.0, stress=40,
        )],
        "day": [{
            "device_sn": "SYNTH23409001004", "date": "2026-06-19",
            "sleep_data": {"code": 0, "data": [], "name": "sleep", "type": "history"}, "sleep_at": 1781855308,
        }],
    }),
    "health-camel-case.json": Outcome(1, {
        "health": [health(
            "SYNTH_GATEWAY_001", "2026-09-02 17:00:00", heart_rate=75, blood_oxygen=98, temperature=36.5,
            pressure_high=120, pressure_low=80, stress=45, step=1000, distance=0.8, calorie=50.5, latitude=31.5431,
            longitude=121.045, altitude=10.0, sleep=8.0,
        )],
        "day": [{
            "device_sn": "SYNTH_GATEWAY_001", "date": "2026-09-02",
            "sleep_data": {"duration": 480, "quality": "good", "deep_sleep": 120}, "sleep_at": 1788339600,
            "workout_data": {"type": "running", "duration": 30}, "workout_at": 1788339600,
        }],
    }),
    "health-gateway-list.json": Outcome(1, {"health": [health(
        "SYNTH_GW_101", "2026-09-07 18:00:00", customer_id=8, org_id=1, user_id=101, heart_rate=75, blood_oxygen=98,
        temperature=36.5, pressure_high=120, pressure_low=80, stress=5, step=8500, distance=6.2, calorie=420.5,
        latitude=31.908823, longitude=121.39747, altitude=45.2,
    )]}),
    "health-guide-example.json": Outcome(
        1, {"health": [health("TEST001", "2022-01-01 08:00:00", heart_rate=75)]}
    ),
    "health-missing-serial.json": Outcome(
        0,
        dead=[("health", "", "no serial", b'{"heartRate":75,"bloodOxygen":98}')],
        rejected=[{"index": 0, "reason": "no serial"}],
    ),
    "health-older-relay.json": Outcome(2, {"health": [
        health(
            "SYNTH_RELAY_001", "2026-09-02 17:00:00", customer_id=1900000000000000002, org_id=1900000000000000012,
            user_id=1900000000000000024, heart_rate=71, blood_oxygen=97, temperature=36.5, pressure_high=118,
            pressure_low=79, step=42,
        ),
        health(
            "SYNTH_RELAY_001", "2026-09-02 17:01:00", customer_id=1900000000000000002, org_id=12,
            user_id=1900000000000000024, heart_rate=72,
        ),
    ]}),
    "health-short-names.json": Outcome(1, {
        "health": [health(
            "SYNTH_SHORT_001", "2026-09-03 08:30:00", heart_rate=81, blood_oxygen=96, temperature=36.7,
            pressure_high=121, pressure_low=81, stress=33, step=77, distance=55.5, calorie=1200.0, latitude=31.2,
            longitude=121.4, altitude=7.0, sleep=6.0,
        )],
        "day": [{
            "device_sn": "SYNTH_SHORT_001", "date": "2026-09-03",
            "sleep_data": {"code": 0, "data": [
                {"startTimeStamp": 1788365160000, "endTimeStamp": 1788379560000, "type": 1},
                {"startTimeStamp": 1788380000000, "endTimeStamp": 1788387200000, "type": 2},
            ]},
            "sleep_at": 1788395400,
            "exercise_daily_data": [1, 2], "exercise_daily_at": 1788395400,
            "scientific_sleep_data": {"deep": 2}, "scientific_sleep_at": 1788395400,
        }],
        "week": [{
            "device_sn": "SYNTH_SHORT_001", "week_start": "2026-08-31",
            "exercise_week_data": {"week": 1}, "exercise_week_at": 1788395400,
        }],
    }),
    "health-serial-not-ascii.json": Outcome(
        1, {"health": [health("设备001", "2026-09-02 17:00:00", heart_rate=75)]}
    ),
    "health-first-name-wins.json": Outcome(
        1, {"health": [health("SYNTH_FIRST_001", "2026-09-02 17:00:00", heart_rate=66, step=0)]}
    ),
    "health-bad-among-good.json": Outcome(
        2,
        {"health": [
            health("SYNTH_MIXED_001", "2026-09-02 17:00:00", heart_rate=70),
            health("SYNTH_MIXED_001", "2026-09-02 17:00:03", heart_rate=73),
        ]},
        dead=[
            ("health", "SYNTH_MIXED_001", "implausible: heart_rate 999",
             b'{"deviceSn":"SYNTH_MIXED_001","heart_rate": 999 ,"timestamp":"2026-09-02 17:00:02"}'),
            ("health", "SYNTH_MIXED_001", "timestamp: year 2105 is in the future",
             b'{"deviceSn":"SYNTH_MIXED_001","heart_rate":71,"timestamp":"2105-09-02 17:00:01"}'),
        ],
        rejected=[
            {"index": 1, "reason": "timestamp: year 2105 is in the future"},
            {"index": 2, "reason": "implausible: heart_rate 999"},
        ],
    ),
    "device-watch.json": Outcome(1, device(
        "SYNTH24B26000732", "2026-09-02 17:00:00", device_name="WATCH 4-DD6", imei="860000000000001",
        battery_level=63, voltage=3995, charging_status="NOT_CHARGING", status="ACTIVE", wearable_status="NOT_WORN",
        wifi_address="02:00:00:00:00:17", bluetooth_address="02:00:00:00:00:D6", ip_address="10.0.0.7",
        network_access_mode="wifi", system_software_version="ARC-AL00CN 4.0.0",
    )),
    "device-wrapped.json": Outcome(1, device(
        "SYNTH23409001004", "2026-06-19 15:48:28", device_name="WATCH 4", battery_level=85, voltage=4012,
        charging_status="NOT_CHARGING", status="ACTIVE", wearable_status="WORN",
    )),
    "device-partner-list.json": Outcome(2, {
        table: [
            {
                "serial_number": "SYNTH_DEV_001", "timestamp": "2026-09-02 17:00:00", "device_name": "Band",
                "system_software_version": "2.1", "wifi_address": "02:00:00:00:00:01",
                "bluetooth_address": "02:00:00:00:00:02", "ip_address": "10.0.0.8", "network_access_mode": "4g",
                "imei": "860000000000002", "battery_level": 85, "voltage": 3900, "charging_status": "CHARGING",
                "status": "ACTIVE", "wearable_status": "WORN", "customer_id": 1900000000000000001, "org_id": 11,
            },
            {
                "serial_number": "SYNTH_DEV_002", "timestamp": "2026-09-02 17:00:00", "device_name": "Band 2",
                "system_software_version": "3.0", "network_access_mode": "bluetooth",
                "charging_status": "NOT_CHARGING", "status": "INACTIVE", "wearable_status": "NOT_WORN",
            },
        ]
        for table in ("device", "history")
    }),
    "device-older-state-later.json": Outcome(2, {
        "device": [{
            "serial_number": "SYNTH_DEV_003", "timestamp": "2026-09-02 17:00:00", "battery_level": 60,
            "customer_id": 8, "org_id": 9,
        }],
        "history": [
            {
                "serial_number": "SYNTH_DEV_003", "timestamp": "2026-09-02 17:00:00", "battery_level": 60,
                "customer_id": 8,
            },
            {"serial_number": "SYNTH_DEV_003", "timestamp": "2026-09-02 16:00:00", "battery_level": 70, "org_id": 9},
        ],
    }),
    "device-unknown.json": Outcome(
        0,
        dead=[("device", "UNKNOWN_DEVICE", "no serial: UNKNOWN_DEVICE",
               b'{"SerialNumber":"UNKNOWN_DEVICE","batteryLevel":50,"timestamp":"2026-09-02 17:00:00"}')],
        rejected=[{"index": 0, "reason": "no serial: UNKNOWN_DEVICE"}],
    ),
    "event-sos.json": Outcome(1, {"event": [SOS], "alert": [alert("critical", SOS)]}),
    "event-bare-type.json": Outcome(1, {"event": [FALL], "alert": [alert("critical", FALL)]}),
    "event-phone-relay.json": Outcome(1, {"event": [WEAR_RELAYED], "alert": [alert("high", WEAR_RELAYED)]}),
    "event-gateway.json": Outcome(1, {"event": [event(
        "HEART_RATE_ABNORMAL", '{"severity": "medium", "value": 120}', "SYNTH_GW_001", "2026-09-02 17:00:00",
    )]}),
    "event-wear-with-health.json": Outcome(1, {
        "event": [WEAR],
        "alert": [alert("high", WEAR, reading=("SYNTH23409001001", "2026-06-19 15:48:28"))],
        "health": [health(
            "SYNTH23409001001", "2026-06-19 15:48:28", upload_method="common_event", heart_rate=69, step=0,
            distance=0.0, calorie=0.0, latitude=31.540412, longitude=121.015103, altitude=0.0, pressure_high=110,
            pressure_low=76,
        )],
    }),
    "event-misspelt-health-string.json": Outcome(1, {
        "event": [FAST],
        "alert": [alert("high", FAST, reading=("SYNTH24603000537", "2026-01-25 14:30:00"))],
        "health": [health(
            "SYNTH24603000537", "2026-01-25 14:30:00", upload_method="common_event", heart_rate=120, blood_oxygen=98,
            temperature=36.5, step=5000, distance=3.2, calorie=150.0, stress=30, pressure_high=130, pressure_low=85,
        )],
    }),
    "event-nested-impossible.json": Outcome(
        1,
        {"event": [KEY_ALARM], "alert": [alert("critical", KEY_ALARM)]},
        dead=[("health", "SYNTH_EVENT_001", "implausible: heart_rate 999",
               b'{"heart_rate":999,"timestamp":"2026-09-02 17:00:00"}')],
        rejected=[{"index": 0, "reason": "healthData: implausible: heart_rate 999"}],
    ),
    "event-low.json": Outcome(1, {"event": [CLICK], "alert": [alert("low", CLICK)]}),
    "event-medium.json": Outcome(1, {"event": [BOOT], "alert": [alert("medium", BOOT)]}),
    "event-without-type.json": Outcome(
        0,
        dead=[("event", "SYNTH_EVENT_001", "no event type",
               b'{"eventValue":"1","deviceSn":"SYNTH_EVENT_001","timestamp":"2026-09-02 17:00:00"}')],
        rejected=[{"index": 0, "reason": "no event type"}],
    ),
    # One upload of three kinds: whom the device belongs to is known from its state, whichever path each kind takes.
    "batch-common-event.json": Outcome(3, {
        "health": [health(
            "SYNTH_GW_201", "2026-09-07 18:00:00", heart_rate=75, customer_id=8, org_id=1, user_id=101,
        )],
        **device("SYNTH_GW_201", "2026-09-07 18:00:00", battery_level=50, customer_id=8, org_id=1, user_id=101),
        "event": [BATCH_SOS],
        "alert": [alert("critical", BATCH_SOS)],
    }),
}  # fmt: skip

# The record that came second is kept as it was read, with all its fields.
CONFLICT = (
    b'{"device_sn":"SYNTH_CONFLICT_001","timestamp":1788339600,"heart_rate":71,"blood_oxygen":null,"temperature":null,'
    b'"pressure_high":null,"pressure_low":null,"stress":null,"step":null,"distance":null,"calorie":null,'
    b'"latitude":null,"longitude":null,"altitude":null,"upload_method":"wifi","customer_id":null,"org_id":null,'
    b'"user_id":null,"sleep_data":null,"exercise_daily_data":null,"exercise_week_data":null,'
    b'"scientific_sleep_data":null,"workout_data":null,"sleep":null}'
)
EXPECTED["health-conflict.json"] = Outcome(
    2,
    {"health": [health("SYNTH_CONFLICT_001", "2026-09-02 17:00:00", heart_rate=70)]},
    dead=[("health", "SYNTH_CONFLICT_001", "conflict", CONFLICT)],
)

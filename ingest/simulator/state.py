"""How a device is at one second."""

import msgspec

from ingest.simulator.dice import Dice
from ingest.simulator.ids import UNKNOWN, Ids


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a device, named as the columns that must hold it."""

    timestamp: int
    system_software_version: str
    wifi_address: str
    bluetooth_address: str
    ip_address: str
    network_access_mode: str
    device_name: str
    imei: str
    battery_level: int
    voltage: int
    status: str
    wearable_status: str
    charging_status: str
    ids: Ids = UNKNOWN


COLUMNS = tuple(name for name in State.__struct_fields__ if name not in {"timestamp", "ids"})


def make(dice: Dice, *, at: int, ids: Ids) -> State:
    """The state of the second `at`."""
    return State(
        timestamp=at,
        system_software_version=f"ARC-AL00CN 4.0.0({dice.below(900)})",
        wifi_address=f"02:00:00:00:{dice.below(256):02X}:{dice.below(256):02X}",
        bluetooth_address=f"02:00:00:01:{dice.below(256):02X}:{dice.below(256):02X}",
        ip_address=f"10.{dice.below(256)}.{dice.below(256)}.{dice.between(1, 254)}",
        network_access_mode=dice.one_of(("wifi", "4g", "bluetooth")),
        device_name=f"WATCH 4-{dice.below(4096):03X} 手表",
        imei=f"86{dice.below(10**13):013d}",
        battery_level=dice.below(101),
        voltage=dice.between(3500, 4400),
        status=dice.one_of(("ACTIVE", "INACTIVE")),
        wearable_status=dice.one_of(("WORN", "NOT_WORN")),
        charging_status=dice.one_of(("CHARGING", "NOT_CHARGING")),
        ids=ids if dice.chance(0.8) else UNKNOWN,
    )


def rival(first: State) -> State:
    """Another state of the same second: a conflict."""
    return msgspec.structs.replace(first, battery_level=(first.battery_level + 1) % 101)

"""A record that can not be."""

from typing import NamedTuple


class Fault(NamedTuple):
    """The dead letter that an impossible record must become. `reason`: how its reason begins. `payload`: the record,
    byte for byte as it was sent."""

    kind: str
    device_sn: str
    reason: str
    payload: bytes

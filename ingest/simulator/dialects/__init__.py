"""The four dialects of the wire contract, one module each: how a device writes what it means."""

from ingest.simulator.dialects.dialect import DEVICE, EVENT, HEALTH, Dialect
from ingest.simulator.dialects.gateway import Gateway
from ingest.simulator.dialects.relay import OldRelay, Relay
from ingest.simulator.dialects.script import Script
from ingest.simulator.dialects.watch import Watch

WATCH, RELAY, OLD_RELAY, SCRIPT, GATEWAY = Watch(), Relay(), OldRelay(), Script(), Gateway()

__all__ = [
    "DEVICE", "EVENT", "GATEWAY", "HEALTH", "OLD_RELAY", "RELAY", "SCRIPT", "WATCH", "Dialect", "Gateway",
]  # fmt: skip

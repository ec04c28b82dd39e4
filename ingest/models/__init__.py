"""The record tables, with the names and columns of the existing system."""

from ingest.models.alert import AlertInfo
from ingest.models.device import DeviceInfo, DeviceInfoHistory
from ingest.models.event import CommonEvent
from ingest.models.health import HealthDaily, HealthData, HealthWeekly
from ingest.models.shadow import (
    ShadowDay,
    ShadowDevice,
    ShadowDeviceHistory,
    ShadowEvent,
    ShadowReading,
    ShadowWeek,
)

__all__ = [
    "AlertInfo",
    "CommonEvent",
    "DeviceInfo",
    "DeviceInfoHistory",
    "HealthDaily",
    "HealthData",
    "HealthWeekly",
    "ShadowDay",
    "ShadowDevice",
    "ShadowDeviceHistory",
    "ShadowEvent",
    "ShadowReading",
    "ShadowWeek",
]

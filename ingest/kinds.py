"""The three kinds of upload, declared to the streams. A fourth is one more entry here."""

from collections.abc import Sequence

from msgspec.structs import replace

from ingest import held, marks, reread
from ingest.records import Device, Event, Health
from ingest.writers import device, event, health
from streaming import registry
from streaming.registry import Carried, Kind

PROBE = "probe"


def _reading() -> Health:
    # With nested data, so that the day's and the week's table are met too.
    return Health(PROBE, 0, sleep_data="{}", exercise_week_data="{}")


def _with_readings(event: Event, readings: Sequence[Health]) -> Event:
    return replace(event, health=list(readings))


KINDS = (
    Kind(
        name="event",
        stream="common_event_stream",
        group="event_processors",
        record=Event,
        write=event.write,
        key=event.key,
        device=lambda record: record.device_sn,
        priority=0,
        reread=reread.event,
        marks=marks.event,
        rows=held.EVENT,
        mirrored=held.MIRRORED_EVENT,
        probe=lambda: Event(PROBE, "SOS_EVENT", 0, "", health=[_reading()]),
        carried=Carried("health", of=lambda record: record.health, keep=_with_readings),
    ),
    Kind(
        name="device",
        stream="device_info_stream",
        group="device_processors",
        record=Device,
        write=device.write,
        key=device.key,
        device=lambda record: record.serial_number,
        priority=1,
        reread=reread.device,
        marks=marks.device,
        rows=held.DEVICE,
        mirrored=held.MIRRORED_DEVICE,
        probe=lambda: Device(PROBE, 0),
    ),
    Kind(
        name="health",
        stream="health_data_stream",
        group="health_processors",
        record=Health,
        write=health.write,
        key=health.key,
        device=lambda record: record.device_sn,
        priority=2,
        reread=reread.health,
        marks=marks.health,
        rows=held.HEALTH,
        mirrored=held.MIRRORED_HEALTH,
        probe=_reading,
    ),
)


def register() -> None:
    """Called once, when Django starts."""
    for kind in KINDS:
        registry.register(kind)

"""Reading the text of a dead letter again, by today's rules: for replay, after a reader has been mended.

A record's text is all there is: ids that stood beside `data`, and the time and serial that a nested reading took from
its event, are gone. Ids come from the device's binding when it is stored; without a serial it stays dead.
"""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError

from ingest import body
from ingest.readers import device as devices
from ingest.readers import event as events
from ingest.readers import health as readings
from ingest.upload import HEALTH, impossible_readings
from ingest.values import Impossible
from streaming.envelope import Reject
from streaming.registry import Reread


def health(payload: bytes, received_ms: int) -> Reread:
    """The reading in `payload`. Raises Impossible."""
    return Reread([readings.read(_object(payload), beside={}, now=received_ms / 1000)])


def device(payload: bytes, received_ms: int) -> Reread:
    """The device state in `payload`. Raises Impossible."""
    return Reread([devices.read(_object(payload), beside={}, now=received_ms / 1000)])


def event(payload: bytes, received_ms: int) -> Reread:
    """The event in `payload`, with the readings in it that can be; the others are rejects. Raises Impossible."""
    record, nested = events.read(_object(payload), beside={}, now=received_ms / 1000)
    return Reread(
        [record],
        [
            Reject(HEALTH, record.device_sn, reason, text)
            for reason, text in impossible_readings(nested, body.Source(payload), ())
        ],
    )


def _object(payload: bytes) -> dict[str, Any]:
    try:
        content = body.decode(payload, depth=settings.UPLOAD_MAX_DEPTH)
    except ParseError as error:
        raise Impossible(str(error.detail)) from error
    if not isinstance(content, dict):
        raise Impossible("not an object")
    return content

"""What every peer does with an upload: the project's own reading, validation and entry encoding, and its answer."""

import gc
import os

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up first
from redis.asyncio import BlockingConnectionPool, Redis  # noqa: E402
from rest_framework.exceptions import APIException  # noqa: E402

from ingest import upload  # noqa: E402
from ingest.accept import Commit  # noqa: E402
from ingest.parsers import check_content_type  # noqa: E402
from streaming.envelope import FIELD  # noqa: E402
from streaming.producer import Entry  # noqa: E402

__all__ = ["FIELD", "JSON", "APIException", "redis_pool", "refusal", "take"]

JSON = "application/json"
# As the project does: what is loaded now is not walked by every collection.
gc.collect()
gc.freeze()


def take(raw: bytes, content_type: str) -> tuple[list[Entry], bytes]:
    """The entries to append, and what to answer once they are. Raises APIException."""
    check_content_type(content_type)
    taken = upload.read(raw, kind=upload.HEALTH, depth=settings.UPLOAD_MAX_DEPTH, most=settings.UPLOAD_MAX_RECORDS)
    commit = Commit(taken, appends=[(part, 1) for part in taken.parts.values()])
    answer = {
        "status": "success",
        "success": True,
        "message": f"{taken.accepted} accepted, {len(taken.rejected)} rejected",
        "accepted": taken.accepted,
        "rejected": taken.rejected,
    }
    return commit.entries(), msgspec.json.encode(answer)


def refusal(error: APIException) -> bytes:
    """What to answer instead."""
    return msgspec.json.encode({"status": "error", "message": str(error.detail)})


def redis_pool() -> Redis:
    """A redis.asyncio client that waits for one of 64 connections: without a limit each request in flight opens one."""
    return Redis(connection_pool=BlockingConnectionPool.from_url(settings.REDIS_URL, max_connections=64, timeout=None))

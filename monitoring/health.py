"""Whether this process lives, and whether it is of use."""

import redis
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from ljwx import databaseclock
from ljwx.redis import client


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; it asks neither Redis nor the database."""
    return JsonResponse({"status": "ok", "success": True})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 while an upload can be kept somewhere, in the database or in Redis; 503 when neither answers. One of them
    away is `degraded`: all processes share them, and taking all of them out of service would lose what can be kept."""
    found = {"database": _database(), "redis": _redis()}
    status = "ok" if all(found.values()) else "degraded" if any(found.values()) else "error"
    return JsonResponse({"status": status, **found}, status=200 if any(found.values()) else 503)


def _database() -> bool:
    try:
        databaseclock.now()
    except Error:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(client("accept").ping())
    except redis.RedisError:
        return False

"""What watches ask for between uploads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

CREDENTIALS = ("password", "passwd", "secret", "token", "credential", "apikey", "api_key", "authorization")


class Misconfigured(ValueError):
    """Raised when the configuration for watches would break one: a watch types it strictly."""


def read_config(path: Path) -> dict[str, Any]:
    """The configuration for watches in `path`. Raises Misconfigured or OSError."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except ValueError as error:
        raise Misconfigured(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise Misconfigured(f"{path} is not a JSON object")
    for name in _names(config):
        if any(word in name.lower().replace("-", "_") for word in CREDENTIALS):
            raise Misconfigured(f"{name}: a credential is never sent to a device")
    wrong = [
        not isinstance(config.get("customer_id"), str) and "customer_id: a string",
        *(
            config.get(name) is not None and type(config[name]) is not int and f"{name}: a number, or left out"
            for name in ("org_id", "user_id")
        ),
        not (type(config.get("enable_resume")) is int and config["enable_resume"] in (0, 1))
        and "enable_resume: 0 or 1",
        not (type(config.get("cache_max_count")) is int and config["cache_max_count"] > 0)
        and "cache_max_count: a number above 0",
    ]
    if found := [text for text in wrong if text]:
        raise Misconfigured("; ".join(found))
    return {name: value for name, value in config.items() if value is not None}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _names(value: Any) -> Iterator[str]:
    """Every name in a JSON value, nested ones too."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _names(child)


@require_GET
def messages(request: HttpRequest) -> JsonResponse:
    """No message. Without a boolean `success` a 200 would kill the watch's only upload timer."""
    return JsonResponse({"success": False})


@require_GET
def config(request: HttpRequest) -> JsonResponse:
    """The configuration of watches; 404 until there is a valid one, so that a watch keeps its own."""
    if settings.DEVICE_CONFIG_FILE:
        try:
            return JsonResponse(read_config(Path(settings.DEVICE_CONFIG_FILE)))
        except (OSError, Misconfigured):
            # A system check names the fault; a watch is safest with the configuration it has.
            pass
    return JsonResponse({"status": "error", "message": "not configured"}, status=404)

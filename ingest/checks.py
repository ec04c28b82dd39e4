"""System checks of the ingest settings."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from ingest.polls import Misconfigured, read_config


@register()
def watch_config(**kwargs: Any) -> list[Error]:
    """The configuration for watches, when there is one, is one that a watch can read."""
    if not settings.DEVICE_CONFIG_FILE:
        return []
    try:
        read_config(Path(settings.DEVICE_CONFIG_FILE))
    except (OSError, Misconfigured) as error:
        return [
            Error(
                f"LJWX_DEVICE_CONFIG_FILE can not be sent to watches: {error}",
                hint="Mend the file or unset the variable; until then watches are answered 404.",
                id="ingest.E001",
            )
        ]
    return []

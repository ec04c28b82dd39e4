"""What is wrong now."""

import dataclasses
from typing import Any

from monitoring import alarms


def standing() -> list[dict[str, Any]]:
    """Every alarm that is not cleared, the oldest first. Raises redis.RedisError."""
    return [dataclasses.asdict(alarm) for alarm in alarms.standing()]

"""The consumers of all hosts."""

import dataclasses
from typing import Any

from streaming.manager import Status, get_consumer_manager


def consumers() -> dict[str, Any]:
    """The consumers of all hosts. Raises redis.RedisError."""
    return shown(get_consumer_manager().status())


def shown(status: Status) -> dict[str, Any]:
    """The consumers as an answer has them."""
    return {**dataclasses.asdict(status), "converged": status.converged}

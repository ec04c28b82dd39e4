"""How to tell that a program is ready."""

import http.client

import redis.exceptions

from ljwx import redis as ljwx_redis
from ljwx.up.address import Address

# The streams and the group that each must have before an upload may take the stream path.
GROUPS = {
    "health_data_stream": "health_processors",
    "device_info_stream": "device_processors",
    "common_event_stream": "event_processors",
}


def answers_ping() -> bool:
    """Whether Redis answers and has loaded its data. What is no address does not answer."""
    try:
        return bool(ljwx_redis.client("control").ping())
    except (redis.exceptions.RedisError, ValueError):
        return False


def has_groups() -> bool:
    """Whether every stream has its consumer group."""
    try:
        return all(
            group.encode() in {each["name"] for each in ljwx_redis.client("control").xinfo_groups(stream)}
            for stream, group in GROUPS.items()
        )
    except redis.exceptions.RedisError:
        return False


def consumers_beat(count: int, *, since: float) -> bool:
    """Whether `count` consumers have given a sign of life after `since`, a Unix time."""
    try:
        control = ljwx_redis.client("control")
        beats = [control.hget(key, "beat") for key in control.scan_iter(match=ljwx_redis.CONSUMER_KEY.format("*"))]
    except redis.exceptions.RedisError:
        return False
    return sum(float(beat) > since for beat in beats if beat) >= count


def controller_leads() -> bool:
    """Whether some controller has led within the last seconds."""
    try:
        return bool(ljwx_redis.client("control").exists(ljwx_redis.CONTROLLER_KEY))
    except redis.exceptions.RedisError:
        return False


def is_healthy(address: Address, allowed_hosts: str) -> bool:
    """Whether GET /health answers 200. `allowed_hosts` is LJWX_ALLOWED_HOSTS: the question must name one of them."""
    host = allowed_hosts.partition(",")[0].strip().lstrip(".")
    connection = http.client.HTTPConnection(address.near, address.port, timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost" if host in {"", "*"} else host})
        with connection.getresponse() as answer:
            return answer.status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

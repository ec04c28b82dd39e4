"""The model of Redis answers as a real Redis does: random commands to both, every reply and every error compared."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import RedisError, ResponseError

import ljwx.redis
from streaming import retention, slots
from tests import servers
from tests.simulation.client import Client
from tests.simulation.server import Server

STREAMS = ("s", "t")
GROUPS = ("g", "h")
CONSUMERS = ("a:1", "b:1")
ROUNDS = 40
NODE_MOST = 3
Command = tuple[str, tuple[Any, ...], dict[str, Any]]


class Commands:
    """A source of commands that often meet each other. `old`: those that Redis 6.2 knows."""

    def __init__(self, seed: int, *, old: bool) -> None:
        self.random = random.Random(seed)
        self.old = old
        self.next = 1

    def __call__(self) -> Command:
        pick = self.random.choice
        makers: tuple[Callable[[], Command], ...] = (
            *[self._append] * 5,
            *[self._read] * 4,
            *[self._acknowledge] * 3,
            *[self._claim] * 2,
            self._take,
            self._history,
            self._trim,
            self._delete,
            self._group,
            self._look,
            self._look,
            self._key,
        )
        return pick(makers)()

    def _stream(self) -> str:
        return self.random.choice(STREAMS)

    def _id(self) -> str:
        return f"{self.random.randint(1, max(2, self.next))}-{self.random.choice((0, 0, 1))}"

    def _append(self) -> Command:
        self.next += self.random.choice((0, 1, 1))
        numbered = f"{self.next}-0" if self.old else f"{self.next}-*"
        identifier = self.random.choice((numbered, numbered, f"{self.next}-0", self._id(), "0-0"))
        options: dict[str, Any] = {"id": identifier}
        if self.random.random() < 0.05:
            options |= {"maxlen": self.random.randint(0, 6), "approximate": self.random.random() < 0.5}
        return "xadd", (self._stream(), {"d": f"x{self.next}", "e": 1}), options

    def _read(self) -> Command:
        names = (self.random.choice(GROUPS), self.random.choice(CONSUMERS))
        return "xreadgroup", (*names, {self._stream(): ">"}), {"count": self.random.choice((None, 1, 3))}

    def _history(self) -> Command:
        names = (self.random.choice(GROUPS), self.random.choice(CONSUMERS))
        start = self.random.choice(("0", "0", self._id()))
        return "xreadgroup", (*names, {self._stream(): start}), {"count": self.random.choice((None, 1, 3))}

    def _acknowledge(self) -> Command:
        return "xack", (self._stream(), self.random.choice(GROUPS), self._id(), self._id()), {}

    def _claim(self) -> Command:
        names = (self._stream(), self.random.choice(GROUPS), self.random.choice(CONSUMERS))
        idle = self.random.choice((0, 0, 10**9))
        start = self.random.choice(("0-0", self._id()))
        return "xautoclaim", (*names, idle, start), {"count": self.random.choice((1, 2, 5, 100))}

    def _take(self) -> Command:
        names = (self._stream(), self.random.choice(GROUPS), self.random.choice(CONSUMERS))
        options = self.random.choice(({}, {"justid": True}, {"retrycount": 7, "justid": True}))
        return "xclaim", (*names, self.random.choice((0, 10**9)), [self._id(), self._id()]), options

    def _trim(self) -> Command:
        limit = self.random.choice(({"minid": self._id()}, {"maxlen": self.random.randint(0, 9)}))
        return "xtrim", (self._stream(),), {**limit, "approximate": self.random.random() < 0.5}

    def _delete(self) -> Command:
        return "xdel", (self._stream(), self._id()), {}

    def _group(self) -> Command:
        name, group = self._stream(), self.random.choice(GROUPS)
        match self.random.randrange(6):
            case 0:
                return "xgroup_destroy", (name, group), {}
            case 1:
                return "xgroup_delconsumer", (name, group, self.random.choice(CONSUMERS)), {}
            case _:
                start = self.random.choice(("0", "0", "$", self._id()))
                return "xgroup_create", (name, group), {"id": start, "mkstream": self.random.random() < 0.7}

    def _look(self) -> Command:
        name, group = self._stream(), self.random.choice(GROUPS)
        least, most = self.random.choice((("-", "+"), (self._id(), "+"), (f"({self._id()}", "+"), ("2", "4")))
        return self.random.choice(
            (
                ("xinfo_groups", (name,), {}),
                ("xinfo_stream", (name,), {}),
                ("xpending", (name, group), {}),
                ("xpending_range", (name, group), {"min": least, "max": most, "count": 3}),
                ("xpending_range", (name, group, "-", "+", 9), {"consumername": self.random.choice(CONSUMERS)}),
                ("xrange", (name, least, most), {"count": self.random.choice((None, 2))}),
                ("xrevrange", (name,), {"count": self.random.choice((None, 2))}),
                ("xread", ({name: self._id()},), {"count": 2}),
                ("xlen", (name,), {}),
                ("exists", (name, "k"), {}),
            )
        )

    def _key(self) -> Command:
        field = self.random.choice(("x", "y"))
        return self.random.choice(
            (
                ("hset", ("k", field, 1), {}),
                ("hset", ("k",), {"mapping": {"x": "1", "z": 2.5}}),
                ("hsetnx", ("k", field, "n"), {}),
                ("hget", ("k", field), {}),
                ("hgetall", ("k",), {}),
                ("hmget", ("k", ["x", "z"]), {}),
                ("hdel", ("k", field, "z"), {}),
                ("hincrby", ("n", field, 2), {}),
                ("set", ("v", "1"), {"nx": self.random.random() < 0.5}),
                ("get", (self.random.choice(("v", "v", "k", "s")),), {}),
                ("xlen", ("k",), {}),
                ("delete", (self.random.choice(("v", "k", "s")),), {}),
                ("expire", (self.random.choice(("v", "nowhere")), 1_000), {}),
                ("eval", (slots.HOLD, 1, "slot", self.random.choice("ab"), 10_000), {}),
                ("eval", (slots.RELEASE, 1, "slot", self.random.choice("ab")), {}),
                ("eval", (retention.TRIM, 1, self._stream(), self.random.choice(GROUPS), self._id()), {}),
            )
        )


def said(call: Callable[..., Any], command: Command) -> Any:
    """The reply, or the error in words; what depends on the time of day, or is not modelled, left out."""
    name, args, kwargs = command
    try:
        reply = call(*args, **kwargs)
    except ResponseError as error:
        return f"{type(error).__name__}: {error}"
    if name == "xinfo_groups":
        return [{key: row[key] for key in ("name", "pending", "last-delivered-id")} for row in reply]
    if name == "xinfo_stream":
        return {key: reply[key] for key in ("length", "last-generated-id", "groups", "first-entry", "last-entry")}
    if name == "xpending_range":
        return [{key: row[key] for key in row if key != "time_since_delivered"} for row in reply]
    return int(reply) if isinstance(reply, bool) else reply


@pytest.fixture(params=["server", "redis_62"] if servers.OLDEST_IS_BUILT else ["server"])
def redis(request: pytest.FixtureRequest, settings: Any) -> Any:
    """A client of an empty Redis that is this process's own: these tests change how it works."""
    settings.REDIS_URL = request.getfixturevalue(request.param)
    connection = ljwx.redis.client("control")
    connection.flushall()
    return connection


@pytest.fixture
def old(redis: Any) -> bool:
    """Whether the model must answer as Redis 6.2 does."""
    return int(redis.info("server")["redis_version"].partition(".")[0]) < 7


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_model_answers_as_redis_does(redis: Any, old: bool, seed: int) -> None:
    redis.config_set("stream-node-max-entries", NODE_MOST)
    model = Server(old=old, node_most=NODE_MOST)
    source = Commands(seed, old=old)
    spoken: list[str] = []
    try:
        for _ in range(120):
            command = source()
            spoken.append(f"{command[0]} {command[1]} {command[2]}")
            wanted = said(getattr(redis, command[0]), command)
            found = said(getattr(model, command[0]), command)
            assert found == wanted, "\n".join([*spoken, f"model: {found}", f"Redis: {wanted}"])
    finally:
        redis.config_set("stream-node-max-entries", 100)


def test_a_pipeline_answers_as_redis_does(redis: Any, old: bool) -> None:
    model = Server(old=old)

    class Straight:
        def pipeline(self, calls: list[Command]) -> list[Any]:
            return [_caught(getattr(model, name), args, kwargs) for name, args, kwargs in calls]

    for connection in (redis, Client(Straight())):  # type: ignore[arg-type]
        pipeline = connection.pipeline(transaction=False)
        pipeline.xadd("s", {b"d": b"1"}, id="5-1")
        pipeline.xadd("s", {b"d": b"2"}, id="5-1")
        pipeline.xadd("s", {b"d": b"3"}, id="5-2")
        with pytest.raises(ResponseError, match="equal or smaller"):
            pipeline.execute()
    assert redis.xrange("s") == model.xrange("s")
    assert len(redis.xrange("s")) == 2


def _caught(call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return call(*args, **kwargs)
    except RedisError as error:
        return error


def test_what_needs_memory_is_refused_at_maxmemory_and_the_rest_works(redis: Any, old: bool) -> None:
    model = Server(old=old)
    writes: list[Command] = [
        ("xadd", ("s", {"d": "2"}), {"id": "6-1"}),
        ("xgroup_create", ("s", "h"), {"id": "0"}),
        ("hset", ("k", "x", "1"), {}),
        ("hsetnx", ("k", "x", "1"), {}),
        ("set", ("v", "1"), {}),
    ]
    works: list[Command] = [
        ("xreadgroup", ("g", "a", {"s": ">"}), {"count": 1}),
        ("xautoclaim", ("s", "g", "b", 0, "0-0"), {"count": 9}),
        ("xpending", ("s", "g"), {}),
        ("xack", ("s", "g", "5-1"), {}),
        ("xtrim", ("s",), {"minid": "6-0", "approximate": False}),
        ("eval", (retention.TRIM, 1, "s", "g", "6-0"), {}),
    ]
    replies = []
    for connection in (redis, model):
        connection.xadd("s", {"d": "1"}, id="5-1")
        connection.xgroup_create("s", "g", id="0")
    memory = redis.config_get("maxmemory")["maxmemory"]
    redis.config_set("maxmemory", 1)
    model.full = True
    try:
        for connection in (redis, model):
            call = (lambda name: getattr(redis, name)) if connection is redis else (lambda name: _through(model, name))
            replies.append([said(call(command[0]), command) for command in (*writes, *works)])
    finally:
        redis.config_set("maxmemory", memory)
    assert replies[0] == replies[1]
    assert all("OutOfMemoryError" in reply for reply in replies[1][: len(writes)])


def _through(model: Server, name: str) -> Callable[..., Any]:
    return lambda *args, **kwargs: model.call(name, *args, **kwargs)

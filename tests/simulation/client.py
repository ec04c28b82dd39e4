"""redis-py's surface over the model: every call is an I/O that may fail, lose its reply, come late, or be the last."""

from collections.abc import Callable
from functools import partial
from typing import Any

from redis.exceptions import ConnectionError, RedisError, ResponseError, TimeoutError

from streaming.envelope import FIELD
from tests.simulation.fate import COMMAND, PIPELINE, Fate
from tests.simulation.server import Server
from tests.simulation.world import World

Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class Network:
    """What lies between the processes and Redis. `down`: nothing gets through."""

    def __init__(self, world: World, server: Server) -> None:
        self.world = world
        self.server = server
        self.down = False

    def command(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """One command and its reply."""
        return self._reach(lambda: f"{name} {_shown(args)}", COMMAND, lambda: self._run((name, args, kwargs)))

    def pipeline(self, calls: list[Call]) -> list[Any]:
        """Many commands in one write; their replies, each of which may be an error."""

        def some(most: int) -> list[Any]:
            return [self._caught(call) for call in calls[:most]]

        def partly() -> None:
            some(self.world.random.randrange(len(calls) + 1))

        return self._reach(lambda: _all_shown(calls), PIPELINE, lambda: some(len(calls)), partly)

    def replies(self, calls: list[Call]) -> list[Any]:
        """The same for a connection whose reader waits for each reply: what fails stands after those that came."""
        came: list[Any] = []

        def some(most: int) -> list[Any]:
            came.extend(self._caught(call) for call in calls[:most])
            return came

        def partly() -> None:
            some(self.world.random.randrange(len(calls) + 1))

        try:
            return self._reach(lambda: _all_shown(calls), PIPELINE, lambda: some(len(calls)), partly)
        except RedisError as error:
            # Some of the replies may have come before it failed.
            return [*came[: self.world.random.randrange(len(came) + 1)], *[error] * len(calls)]

    def _reach(
        self,
        what: Callable[[], str],
        fates: tuple[Fate, ...],
        effect: Callable[[], Any],
        partly: Callable[[], None] | None = None,
    ) -> Any:
        world = self.world
        fate = world.point(what, fates)
        if self.down:
            raise ConnectionError("Error 111 connecting to unix socket. Connection refused.")
        if fate is Fate.FINE:
            return effect()
        if fate is Fate.REFUSED:
            raise ConnectionError("Connection closed by server.")
        if fate is Fate.LATE:
            world.late.append((world.now + world.random.choice((0.002, 0.5, 30.0)), what, partial(_quietly, effect)))
            raise TimeoutError("Timeout reading from socket")
        if fate is Fate.PARTIAL and partly is not None:
            partly()
            raise ConnectionError("Connection reset by peer")
        _quietly(effect)
        if fate is Fate.KILLED_AFTER:
            world.die()
        raise TimeoutError("Timeout reading from socket")

    def _run(self, call: Call) -> Any:
        self.server.now_ms = int(self.world.now * 1000)
        name, args, kwargs = call
        return self.server.call(name, *args, **kwargs)

    def _caught(self, call: Call) -> Any:
        try:
            return self._run(call)
        except ResponseError as error:
            return error


def _quietly(effect: Callable[[], Any]) -> None:
    """Take effect; nobody reads the reply."""
    try:
        effect()
    except RedisError:
        return


def _all_shown(calls: list[Call]) -> str:
    return "; ".join(f"{name} {_shown(args)}" for name, args, _ in calls)


def _shown(args: tuple[Any, ...]) -> str:
    return " ".join("{…}" if isinstance(each, dict) and FIELD in each else str(each)[:60] for each in args)


class Client:
    """A redis-py client as far as the project uses one."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not hasattr(Server, name):
            raise AttributeError(f"the model of Redis has no {name}")
        command = partial(self._network.command, name)
        setattr(self, name, command)
        return command

    def pipeline(self, transaction: bool = True) -> "Pipeline":
        return Pipeline(self._network)


class Pipeline:
    """Commands collected, then sent together; the first error among the replies is raised after all of them ran."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._calls: list[Call] = []

    def __getattr__(self, name: str) -> Callable[..., "Pipeline"]:
        if not hasattr(Server, name):
            raise AttributeError(f"the model of Redis has no {name}")

        def add(*args: Any, **kwargs: Any) -> "Pipeline":
            self._calls.append((name, args, kwargs))
            return self

        return add

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        calls, self._calls = self._calls, []
        if not calls:
            return []
        replies = self._network.pipeline(calls)
        for reply in replies:
            if raise_on_error and isinstance(reply, ResponseError):
                raise reply
        return replies

"""What every notifier is."""

from collections.abc import Callable
from dataclasses import dataclass

from monitoring.notifiers.message import Message


class Failed(Exception):
    """Raised when a message was not taken. `status`: of HTTP; `code`: the service's own; `retry_s`: how long the
    service wants to be left alone. Its text holds neither an address nor a secret."""

    def __init__(self, text: str, *, status: int | None = None, code: str = "", retry_s: float = 0.0) -> None:
        super().__init__(text)
        self.status, self.code, self.retry_s = status, code, retry_s


@dataclass(frozen=True, slots=True)
class Answer:
    """How a message was taken."""

    status: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one message goes. `now`: seconds since 1970, for the signature."""

    address: str
    secret: str
    now: float


@dataclass(frozen=True, slots=True)
class Notifier:
    """`check(address, secret)` raises ValueError for what can not work; `render` makes the bytes that count towards
    `most_bytes`; `send` raises Failed. `per_minute`: messages that the service takes within any minute."""

    check: Callable[[str, str], None]
    render: Callable[[Message], bytes]
    send: Callable[[Message, Target], Answer]
    per_minute: int
    most_bytes: int

    @property
    def gap_s(self) -> float:
        """Between the end of one message and the beginning of the next. However the way there delays them, the service
        then meets at most `per_minute` within any minute; 5 % are left for its clock."""
        return 63.0 / self.per_minute

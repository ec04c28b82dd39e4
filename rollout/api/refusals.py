"""How often an address may be refused before nobody looks at what it sends any more."""

from typing import Any

from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

PER_MINUTE = 30


class Refusals(SimpleRateThrottle):
    """Counts 401 answers by address, a minute long, in the cache; without Redis nothing is counted and nobody refused.

    Requests of a session or through the loopback door are never held up by it: only what carries a token, or nothing.
    """

    rate = f"{PER_MINUTE}/min"
    num_requests: int
    duration: int

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"refused:{self.get_ident(request)}"

    def check(self, request: Request) -> None:
        """Raises Throttled when this address was refused too often within the last minute."""
        self._load(request)
        if len(self.history) >= self.num_requests:
            raise Throttled(self.wait())

    def remember(self, request: Request) -> None:
        """This request was refused."""
        self._load(request)
        self.history.insert(0, self.now)
        self.cache.set(self.key, self.history, self.duration)

    def _load(self, request: Request) -> None:
        self.key = self.get_cache_key(request, None)
        self.now = self.timer()
        held = self.cache.get(self.key) or []
        self.history = [at for at in held if at > self.now - self.duration]

"""HTTP as devices speak it."""

import time
from types import TracebackType

import aiohttp
from yarl import URL

from ingest.simulator.answer import Answer
from ingest.simulator.upload import Upload

TIMEOUT_S = 10.0


class Client:
    """Posts uploads over kept-alive connections. Redirects are not followed: a device does not."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._urls: dict[str, URL] = {}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=TIMEOUT_S),
            headers={"Content-Type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, upload: Upload) -> Answer:
        """Send once. What is no answer within 10 s is an Answer without a status; never raises for the network."""
        url = self._urls.get(upload.path) or self._urls.setdefault(upload.path, URL(self._base + upload.path))
        sent_at = time.time()
        try:
            async with self._session.post(url, data=upload.body, allow_redirects=False) as response:
                return Answer(response.status, await response.read(), sent_at, time.time())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(None, b"", sent_at, time.time())

    async def reaches(self) -> bool:
        """Whether anything answers at the base URL."""
        try:
            async with self._session.get(URL(f"{self._base}/health"), allow_redirects=False):
                return True
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

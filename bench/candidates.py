"""The servers that are compared, and what each does for an upload. All read and validate it with the same code."""

import sys
from dataclasses import dataclass

from ljwx.up import web

PATH = "/upload_health_data"
BACKLOG = 4_096
UVICORN = (
    sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--loop", "uvloop",
    "--http", "httptools", "--ws", "none", "--no-access-log", "--log-level", "warning", "--backlog", str(BACKLOG),
)  # fmt: skip
DAPHNE = (sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "--verbosity", "0")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server: its command (`{port}` is filled in), the share of devices on the stream, and what it does."""

    name: str
    argv: tuple[str, ...]
    does: str
    share: int = 100
    path: str = PATH
    method: str = "POST"


def asgi(app: str, workers: int) -> tuple[str, ...]:
    """granian's command for an ASGI application, as `bin/up --web-workers` has it."""
    return (*map(str, web.granian(host="127.0.0.1", port="{port}", workers=workers)), app)


def wsgi(app: str, threads: int) -> tuple[str, ...]:
    """granian's command for a WSGI application with two processes of `threads` threads."""
    return (*asgi(app, 2)[:-1], "--interface", "wsgi", "--blocking-threads", str(threads), app)


def uvicorn(app: str, *more: str) -> tuple[str, ...]:
    """uvicorn's command with two processes."""
    return (*UVICORN, "--workers", "2", *more, app)


LANE = "ljwx.asgi:application"
LEGACY = Candidate(
    "Django WSGI, legacy", wsgi("bench.peers.django_wsgi:application", 8),
    "eight middlewares, DRF view, the shared writer in one transaction; granian, 2 × 8 threads", share=0,
)  # fmt: skip
LANE_LEGACY = Candidate(
    "lane, legacy", asgi(LANE, 2), "DRF view on the event loop, the shared writer in a pool of threads; granian, 2",
    share=0,
)  # fmt: skip
LANE_2 = Candidate("lane, stream", asgi(LANE, 2), "DRF view on the event loop, group commit; granian, 2")
FASTAPI = Candidate("FastAPI", uvicorn("bench.peers.fastapi_app:app"), "redis.asyncio, one XADD a request; uvicorn, 2")
FASTAPI_GRANIAN = Candidate(
    "FastAPI on granian", asgi("bench.peers.fastapi_app:app", 2), "redis.asyncio, one XADD a request; granian, 2"
)

# From the plainest Django to the lane; then the lane elsewhere; then the peers; then what no Python server passes.
LADDER = (
    Candidate(
        "Django ASGI, legacy", asgi("bench.peers.django_asgi:application", 2),
        "the same through Django's own ASGI handler, which hops threads; granian, 2", share=0,
    ),
    LEGACY,
    LANE_LEGACY,
    Candidate(
        "Django WSGI, stream", wsgi("bench.peers.django_wsgi:application", 8),
        "eight middlewares, DRF view, redis-py, one XADD a request; granian, 2 × 8 threads",
    ),
    Candidate(
        "lane, one XADD a request", asgi("bench.peers.lane_alone:application", 2),
        "DRF view on the event loop, redis.asyncio, one XADD a request; granian, 2",
    ),
    LANE_2,
    Candidate("lane, stream, 1 process", asgi(LANE, 1), "the same; granian, 1"),
    Candidate("lane, stream, daphne", (*DAPHNE, LANE), "the same; daphne, 1"),
    Candidate("lane, stream, uvicorn", uvicorn(LANE, "--lifespan", "off"), "the same; uvicorn, 2"),
    FASTAPI,
    FASTAPI_GRANIAN,
    Candidate("Starlette", uvicorn("bench.peers.starlette_app:app"), "redis.asyncio, one XADD a request; uvicorn, 2"),
    Candidate(
        "Starlette on granian", asgi("bench.peers.starlette_app:app", 2),
        "redis.asyncio, one XADD a request; granian, 2",
    ),
    Candidate("Flask", wsgi("bench.peers.flask_app:app", 8), "redis-py, one XADD a request; granian, 2 × 8 threads"),
    Candidate(
        "limit: ASGI, nothing done", asgi("bench.peers.bare:application", 2), "no validation, no Redis; granian, 2"
    ),
)  # fmt: skip
QUICK = (LEGACY, LANE_2, FASTAPI)

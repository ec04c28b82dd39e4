"""Starlette with redis.asyncio: the same upload, one XADD per request, answered when Redis has confirmed it."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.common import FIELD, JSON, APIException, redis_pool, refusal, take

redis = redis_pool()


async def upload_health_data(request: Request) -> Response:
    """Append a reading."""
    try:
        entries, answer = take(await request.body(), request.headers.get("content-type", ""))
    except APIException as error:
        return Response(refusal(error), error.status_code, media_type=JSON)
    for entry in entries:
        await redis.xadd(entry.stream, {FIELD: entry.data})
    return Response(answer, media_type=JSON)


app = Starlette(routes=[Route("/upload_health_data", upload_health_data, methods=["POST"])])

"""FastAPI with redis.asyncio: the same upload, one XADD per request, answered when Redis has confirmed it."""

from fastapi import FastAPI, Request, Response

from bench.peers.common import FIELD, JSON, APIException, redis_pool, refusal, take

app = FastAPI()
redis = redis_pool()


@app.post("/upload_health_data")
async def upload_health_data(request: Request) -> Response:
    """Append a reading."""
    try:
        entries, answer = take(await request.body(), request.headers.get("content-type", ""))
    except APIException as error:
        return Response(refusal(error), error.status_code, media_type=JSON)
    for entry in entries:
        await redis.xadd(entry.stream, {FIELD: entry.data})
    return Response(answer, media_type=JSON)

"""Flask with redis-py: the same upload, one XADD per request, answered when Redis has confirmed it."""

from flask import Flask, Response, request

from bench.peers.common import FIELD, JSON, APIException, refusal, take
from ljwx.redis import client

app = Flask(__name__)


@app.post("/upload_health_data")
def upload_health_data() -> Response:
    """Append a reading."""
    try:
        entries, answer = take(request.get_data(), request.headers.get("content-type", ""))
    except APIException as error:
        return Response(refusal(error), error.status_code, mimetype=JSON)
    for entry in entries:
        client("accept").xadd(entry.stream, {FIELD: entry.data})
    return Response(answer, mimetype=JSON)

"""Idempotency keys: the same request sent again gets the first answer again, and changes nothing twice.

The first request with a key takes it in the cache before it does anything; its answer is kept for a day. Without Redis
there is no key, and a header of the answer says so: the way back must not wait for Redis.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from rollout.api.errors import Fault, refusal

HEADER = "Idempotency-Key"
KEPT = "Idempotency-Key-Kept"
REPLAYED = "Idempotency-Replayed"
LIFE_S = 24 * 3600
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Ticket:
    """One key of one user on one path. `name`: where it is kept; `body`: what was asked, hashed."""

    name: str
    body: str


def ticket(request: Request) -> Ticket | None:
    """The ticket of a request, None when it names no key. Reads the body. Raises Fault for a key that can be none."""
    key = request.headers.get(HEADER)
    body = request._request.body
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise Fault(**{HEADER: _("An idempotency key has 1 to 255 visible ASCII characters.")})
    whose = f"{request.user.pk}\n{request.method}\n{request.path.rstrip('/')}\n{key}"
    return Ticket(f"once:{hashlib.sha256(whose.encode()).hexdigest()}", hashlib.sha256(body).hexdigest())


def answer(found: Ticket | None, work: Callable[[], Response], *, repeatable: bool) -> Response:
    """The answer of `work`, or the first one to the same ticket.

    While the first is being carried out, or when its process died on it, the second is a conflict, unless the work is
    `repeatable`: harmless when it is done twice. An answer of 500 and more is not kept, so that it can be tried again.
    """
    if found is None:
        return work()
    taken = cache.add(found.name, {"body": found.body}, timeout=LIFE_S)
    if taken is None:
        return _told(work(), kept=False)
    if not taken:
        held = cache.get(found.name)
        if held is not None and held["body"] != found.body:
            return refusal(
                status.HTTP_422_UNPROCESSABLE_ENTITY,
                _("This idempotency key was used for another body: a new request needs a new key."),
            )
        if held is not None and "status" in held:
            return Response(held["data"], status=held["status"], headers={REPLAYED: "true"})
        if not repeatable:
            return _unfinished()
    try:
        response = work()
    except BaseException:
        cache.delete(found.name)
        raise
    if response.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        cache.delete(found.name)
        return response
    # django-redis answers None when Redis does not.
    kept = cache.set(found.name, _held(found, response), timeout=LIFE_S)  # type: ignore[func-returns-value]
    return _told(response, kept=bool(kept))


def _held(found: Ticket, response: Response) -> dict[str, Any]:
    # As the client gets it: numbers and times that a later version writes otherwise stay as they were answered.
    return {"body": found.body, "status": response.status_code, "data": _plain(response.data)}


def _plain(data: Any) -> Any:
    from rest_framework.utils.encoders import JSONEncoder

    return json.loads(json.dumps(data, cls=JSONEncoder))


def _told(response: Response, *, kept: bool) -> Response:
    response[KEPT] = "true" if kept else "false"
    return response


def _unfinished() -> Response:
    response = refusal(
        status.HTTP_409_CONFLICT,
        _(
            "The first request with this idempotency key is not finished. Ask again in a moment for its answer; should "
            "it never come, look at what was changed and use a new key."
        ),
    )
    response["Retry-After"] = "1"
    return response

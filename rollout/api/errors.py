"""What the API answers when it does not do what it was asked: always JSON, and always what can be done instead."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ljwx import errors
from monitoring.alerts.errors import NotFiring
from rollout.backups.errors import RestoreRefused
from rollout.consistency.errors import CheckRunning, NotAcknowledged, RepairRefused
from rollout.lease import LeaseLost
from rollout.plans.errors import Conflict, Invalid, NotReady
from rollout.rollback.errors import RollbackRefused
from rollout.traffic import RouteConflict, UnknownRoute
from streaming.counts import CountConflict, OutOfRange

RETRY_AFTER_S = "2"


class Fault(Exception):
    """Raised when a field is well formed and still can not be: `fields` names it and says why."""

    def __init__(self, **fields: str) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = {name: [text] for name, text in fields.items()}


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The answer to `error`; None for what nobody foresaw, which Django answers with 500."""
    set_rollback()
    match error:
        case ValidationError():
            fields = flat(error.detail)
            return refusal(status.HTTP_400_BAD_REQUEST, sentence(fields), fields=fields)
        case Fault():
            return refusal(status.HTTP_400_BAD_REQUEST, sentence(error.fields), fields=error.fields)
        case Invalid() | UnknownRoute() | RollbackRefused():
            return refusal(status.HTTP_400_BAD_REQUEST, str(error))
        case OutOfRange():
            return refusal(status.HTTP_400_BAD_REQUEST, str(error), fields={"count": [str(error)]})
        case NotReady():
            more = {"allowed": error.allowed, "blocked_by": error.blocked_by}
            return refusal(status.HTTP_409_CONFLICT, str(error), **more)
        case Conflict():
            return refusal(status.HTTP_409_CONFLICT, str(error), allowed=error.allowed)
        case CheckRunning():
            return refusal(status.HTTP_409_CONFLICT, str(error), check=error.check)
        case RepairRefused() | NotAcknowledged() | NotFiring():
            return refusal(status.HTTP_409_CONFLICT, str(error))
        case LeaseLost():
            return refusal(status.HTTP_409_CONFLICT, _("Another process has taken it over."))
        case RouteConflict() | CountConflict() | RestoreRefused():
            return refusal(status.HTTP_409_CONFLICT, str(error))
        case ObjectDoesNotExist():
            return refusal(status.HTTP_404_NOT_FOUND, _("There is nothing with this number."))
        case RequestDataTooBig():
            return refusal(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, _("The body is too large."))
        case OperationalError() | InterfaceError():
            return away(
                _(
                    "The database does not answer. Nothing is known to have changed. The way back that needs no "
                    "database: write 0 into the file STREAM_FORCE_PERCENTAGE in the data folder of each web process."
                )
            )
        case redis.RedisError():
            return away(_("Redis does not answer. Nothing is known to have changed; try again."))
        case _:
            return errors.answer(error, context)


def refusal(code: int, message: str, **more: Any) -> Response:
    """A refusal with its sentence and what a program can act on."""
    return Response({"status": "error", "message": message, **more}, status=code)


def away(message: str) -> Response:
    """A server behind this one is away: 503, worth a retry."""
    response = refusal(status.HTTP_503_SERVICE_UNAVAILABLE, message)
    response["Retry-After"] = RETRY_AFTER_S
    return response


def flat(detail: Any, at: str = "") -> dict[str, list[str]]:
    """A validation error's fields by path, such as `steps.1.percentage`; what belongs to no field is under `body`."""
    found: dict[str, list[str]] = {}
    if isinstance(detail, Mapping):
        for name, below in detail.items():
            here = at if name == "non_field_errors" else f"{at}.{name}" if at else str(name)
            found |= flat(below, here)
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        if any(isinstance(each, Mapping) for each in detail):
            for index, below in enumerate(detail):
                found |= flat(below, f"{at}.{index}" if at else str(index))
        elif detail:
            found[at or "body"] = [str(each) for each in detail]
    else:
        found[at or "body"] = [str(detail)]
    return found


def sentence(fields: Mapping[str, Sequence[str]]) -> str:
    """All of them in one line for a person."""
    return " ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items())

"""One answer for every exception that reaches a view: `{"status": "error", "message": …}`."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler, with the body this project promises. None lets Django answer."""
    response = exception_handler(error, context)
    if response is not None:
        detail = error.detail if isinstance(error, APIException) else response.data.get("detail", "")
        response = Response(
            {"status": "error", "message": str(detail)},
            status=response.status_code,
            headers={name: response[name] for name in ("Retry-After", "Allow", "WWW-Authenticate") if name in response},
        )
    return response


def _page(status: int, message: str) -> JsonResponse:
    return JsonResponse({"status": "error", "message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses: a host it does not serve, a malformed header."""
    return _page(400, "the request can not be understood")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(403, str(exception) or "not allowed")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(404, "there is nothing at this address")


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(500, "the server failed; its log says why")

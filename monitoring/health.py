"""Whether this process lives."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; it asks neither Redis nor the database."""
    return JsonResponse({"status": "ok", "success": True})

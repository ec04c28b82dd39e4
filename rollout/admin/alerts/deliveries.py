"""What was sent, to whom, and what became of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from monitoring.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Read-only: `monitoring.alerts.sending` alone writes them."""

    list_display = (
        "id", "channel_name", moment(Delivery, "began_at"), "title", "outcome", "attempt", "status", "code", "error",
        "took_ms", "is_test", "actor",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [self.field(field) for field in self.model._meta.fields if field.name != "endpoint"]

"""The history of the number of consumers."""

from django.contrib import admin

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from streaming.models import ConsumerChange


@admin.register(ConsumerChange)
class ConsumerChangeAdmin(ReadOnlyAdmin):
    list_display = (
        "version", "from_count", "to_count", "source", "actor", "reason", moment(ConsumerChange, "created_at"),
    )  # fmt: skip
    list_filter = ("source",)

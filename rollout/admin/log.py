"""What people did in the admin, deletions included."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Django's own audit log, which its index page shows ten rows of."""

    list_display = (
        moment(LogEntry, "action_time"), "user", "content_type", "object_repr", "action_flag", "get_change_message",
    )  # fmt: skip
    list_display_links = ("object_repr",)
    list_select_related = ("user", "content_type")

"""Who leads."""

from django.contrib import admin

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout.models import Lease


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("name", "holder", "token", moment(Lease, "beat_at"), moment(Lease, "expires_at"))
    ordering = ("name",)

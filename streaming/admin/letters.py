"""The list of dead letters and the page of one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ljwx.admin.readonly import BySerialAdmin
from ljwx.admin.shown import Display, moment
from streaming import reasons
from streaming.admin import settlement
from streaming.admin.filters import ByCategory, ByFingerprint, ByKind
from streaming.admin.payload import decoded, masked
from streaming.models import DeadLetter


@admin.register(DeadLetter)
class DeadLetterAdmin(BySerialAdmin):
    """Read-only but for two deeds: replay and discard, each once and with its reason."""

    actions = ("replay", "discard")
    list_display = ("id", "kind", "device_sn", "reason", "category", "state", moment(DeadLetter, "received_at"))
    list_filter = ("state", ByFingerprint, ByCategory, ByKind)
    lookups = ("state__exact", "fingerprint", "category", "kind")
    search_help_text = _("The exact serial of a device.")

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        match = request.resolver_match
        return queryset.defer("payload") if match and match.url_name == "streaming_deadletter_changelist" else queryset

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Who may replay and discard."""
        return request.user.has_perm("streaming.settle_deadletter")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        payload = self.payload(shown=request.user.has_perm("streaming.view_payload"))
        return [payload if field == "payload" else field for field in super().get_fields(request, obj)]

    def payload(self, *, shown: bool) -> Display:
        """The payload, or only its length."""

        def payload(letter: Any) -> str:
            return decoded(letter) if shown else masked(letter)

        payload.short_description = _("payload")  # type: ignore[attr-defined]
        return payload

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        groups = reasons.groups() if request.method == "GET" else []
        extra = {"groups": groups, "groups_cut": len(groups) == reasons.MOST_GROUPS, "list_url": self._list_url()}
        extra["may_settle"] = self.has_settle_permission(request)
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def _list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:streaming_deadletter_changelist")

    @admin.action(permissions=["settle"], description=_("Replay: store the selected dead letters after all"))
    def replay(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._settle(request, queryset, settlement.REPLAY)

    @admin.action(permissions=["settle"], description=_("Discard the selected dead letters"))
    def discard(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._settle(request, queryset, settlement.DISCARD)

    def _settle(self, request: HttpRequest, letters: Any, action: str) -> HttpResponse | None:
        titles = {settlement.REPLAY: _("Replay dead letters"), settlement.DISCARD: _("Discard dead letters")}
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": titles[action]}
        return settlement.settle(request, letters, action=action, context=context)

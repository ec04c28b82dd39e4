"""Routes, whose share is changed by hand in two steps, and never past a plan."""

from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.admin.shown import moment
from rollout.admin import devices, tracing
from rollout.manual import switch
from rollout.models import Route
from rollout.plans.errors import PlanError
from rollout.traffic import RouteConflict


class ShareForm(forms.ModelForm):  # type: ignore[type-arg]
    """The new shares, why, and the epoch of the route that the person was looking at. A mirrored share that is left
    empty stays as it is."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        help_text=gettext_lazy("Kept in the history."),
        widget=forms.TextInput({"class": "ljwx-reason"}),
    )
    drawn_from = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Route
        fields = ("percentage", "mirror_percentage")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["drawn_from"].initial = self.instance.epoch
        # Who may only look is shown no field.
        if (mirror := self.fields.get("mirror_percentage")) is not None:
            mirror.required = False


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One route per kind of upload, made by migrate; people change its share, nobody adds or deletes one."""

    form = ShareForm
    actions = None
    change_list_template = "admin/rollout/route/change_list.html"
    list_display = ("kind", "percentage", "mirror_percentage", "epoch", "salt", moment(Route, "updated_at"))
    readonly_fields: ClassVar[Any] = ("kind", "epoch", "salt", moment(Route, "updated_at"))
    ordering = ("kind",)

    def get_urls(self) -> Any:
        wrapped = self.admin_site.admin_view(partial(tracing.view, self))
        return [path("trace/", wrapped, name="rollout_route_trace"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = request.user.has_perm("rollout.roll_back")
        return super().changelist_view(request, {**(extra_context or {}), "may_roll_back": may})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ("reason", "drawn_from") if self.has_change_permission(request, obj) else ()
        return ("kind", "percentage", "mirror_percentage", *asked, *self.readonly_fields[1:])

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """A valid form leads to the page that names the effect, its confirmation to the change. Nothing is ever saved
        by Django's own view, which draws the form and its errors."""
        if request.method == "POST":
            route = self.get_object(request, object_id or "")
            if not isinstance(route, Route):
                raise Http404
            if not self.has_change_permission(request, route):
                raise PermissionDenied
            was, epoch = (route.percentage, route.mirror_percentage), route.epoch
            form = ShareForm(request.POST, instance=route)
            if form.is_valid():
                if form.cleaned_data["drawn_from"] != epoch:
                    return self._stale(request, route)
                if "confirmed" in request.POST:
                    return self._switch(request, route, form.cleaned_data)
                return self._confirm(request, route, was, form)
        # A refused percentage is in the form, not in the title: the view's own object holds it by then.
        shown = {"original": self.get_object(request, object_id or ""), "subtitle": None}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def _confirm(
        self, request: HttpRequest, route: Route, was: tuple[Decimal, Decimal], form: ShareForm
    ) -> HttpResponse:
        mirror = form.cleaned_data["mirror_percentage"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change the share"),
            "route": route,
            "was": was[0],
            "mirror_was": was[1],
            "mirror": was[1] if mirror is None else mirror,
            "effect": devices.move([route.kind], form.cleaned_data["percentage"]),
            "form": form,
        }
        return TemplateResponse(request, "admin/rollout/route/confirm.html", context)

    def _switch(self, request: HttpRequest, route: Route, asked: dict[str, Any]) -> HttpResponse:
        try:
            changes = switch(
                percentage=asked["percentage"],
                mirror=asked["mirror_percentage"],
                kinds=[route.kind],
                actor=request.user.get_username(),
                reason=asked["reason"],
                expected_epochs={route.kind: asked["drawn_from"]},
            )
        except RouteConflict:
            return self._stale(request, route)
        except PlanError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:rollout_route_change", args=[route.pk]))
        for change in changes:
            self.log_change(request, route, f"{change}: {change.reason}")
            messages.success(request, _("Changed. %s") % change)
        if not changes:
            messages.info(request, _("Nothing to change."))
        return HttpResponseRedirect(reverse("admin:rollout_route_changelist"))

    def _stale(self, request: HttpRequest, route: Route) -> HttpResponse:
        messages.error(request, _("Nothing was changed: somebody else has changed this route. This is how it is now."))
        return HttpResponseRedirect(reverse("admin:rollout_route_change", args=[route.pk]))

"""The list of plans, and the addresses of everything that is done to one."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from ljwx.admin.readonly import ReadOnlyAdmin
from rollout.admin.percent import percent
from rollout.admin.plans import acting, drafting, page, signing, standing
from rollout.models import Plan


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """Nothing here saves a plan: `rollout.plans` does, for superusers too."""

    list_display = ("name", "status", "share", "at_step", "auto_execute", "created_by", "age")
    list_filter = ("status",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("steps")

    @admin.display(description=_("share"))
    def share(self, plan: Plan) -> str:
        """What its present step sends to the stream, and where it goes."""
        steps = list(plan.steps.all())
        at = standing.current(steps)
        if not steps:
            return "–"
        target = percent(steps[-1].percentage)
        return f"{percent(at.percentage)} → {target}" if at else f"→ {target}"

    @admin.display(description=_("step"))
    def at_step(self, plan: Plan) -> str:
        steps = list(plan.steps.all())
        at = standing.current(steps)
        return f"{at.position if at else 0} / {len(steps)}"

    @admin.display(description=_("age"))
    def age(self, plan: Plan) -> str:
        return timesince(plan.created_at, timezone.now(), depth=1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rollout.add_plan")

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path(f"<int:plan_id>/{name}/", wrap(partial(self.act_view, name=name)), name=f"rollout_plan_{name}")
            for name in acting.DEEDS
        ]
        own += [
            path("<int:plan_id>/edit/", wrap(self.edit_view), name="rollout_plan_edit"),
            path("<int:plan_id>/sign/<str:code>/", wrap(self.sign_view), name="rollout_plan_sign"),
        ]
        return own + super().get_urls()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return drafting.view(self, request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of the plan. What its buttons do is at addresses of their own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        plan = self.get_object(request, object_id)
        if plan is None or request.method == "POST":
            raise Http404
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": str(plan)}
        return TemplateResponse(request, "admin/rollout/plan/page.html", {**context, **page.context(plan, request)})

    def edit_view(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        if not request.user.has_perm("rollout.change_plan"):
            raise PermissionDenied
        return drafting.view(self, request, self._plan(request, plan_id))

    def act_view(self, request: HttpRequest, plan_id: int, name: str) -> HttpResponse:
        return acting.view(self, request, self._plan(request, plan_id), name)

    def sign_view(self, request: HttpRequest, plan_id: int, code: str) -> HttpResponse:
        return signing.view(self, request, self._plan(request, plan_id), code)

    def _plan(self, request: HttpRequest, plan_id: int) -> Plan:
        if not self.has_view_permission(request):
            raise PermissionDenied
        plan = self.get_queryset(request).filter(pk=plan_id).first()
        if not isinstance(plan, Plan):
            raise Http404
        return plan

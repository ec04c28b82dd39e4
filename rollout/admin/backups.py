"""Backups: looked at, taken, read back, put back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout import backups
from rollout.admin import confirming
from rollout.backups.errors import BackupError
from rollout.models import Backup

PERMISSIONS = {"create": "rollout.add_backup", "verify": "rollout.change_backup", "restore": "rollout.restore_backup"}
LABELS = {"create": gettext_lazy("Take a backup"), "verify": gettext_lazy("Verify"), "restore": gettext_lazy("Restore")}

EFFECTS = {
    "create": gettext_lazy(
        "Routes, plans, policies, positions of the groups and everything that is not stored yet. "
        "It counts once it is read back."
    ),
    "verify": gettext_lazy("Every file is read back and compared with the manifest. Nothing else changes."),
    "restore": gettext_lazy(
        "A backup of now is taken first. Then the control state is put back, above the present share only with a "
        "second person, and missing entries are appended again."
    ),
}


class CreateForm(confirming.ReasonForm):
    """What goes into the backup besides the control state and what is on its way."""

    dump = forms.BooleanField(label=gettext_lazy("With a dump of the database"), required=False)


class RestoreForm(confirming.ReasonForm):
    """Why, and the second person, who is there and shows it by the password."""

    approver = forms.CharField(
        label=gettext_lazy("Approved by"),
        required=False,
        max_length=150,
        help_text=gettext_lazy("Another person who may approve plans: needed when a share would rise."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Their password"),
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        name, password = values.get("approver", ""), values.pop("password", "")
        if not name:
            return values
        user = authenticate(self.request, username=name, password=password)
        if user is None or user == self.request.user or not user.has_perm("rollout.approve_plan"):
            raise ValidationError(_("That is not another person who may approve plans, with the right password."))
        return values


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin):
    """Rows are read-only; what the buttons do is done by `rollout.backups`."""

    change_form_template = "admin/rollout/backup/change_form.html"
    change_list_template = "admin/rollout/backup/change_list.html"
    list_display = (
        "event", "status", "size", "actor", "reason", moment(Backup, "created_at"), moment(Backup, "verified_at"),
    )  # fmt: skip
    list_filter = ("status",)

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [path("create/", wrap(self.create_view), name="rollout_backup_create")]
        own += [
            path(f"<int:backup_id>/{name}/", wrap(partial(self.act_view, name=name)), name=f"rollout_backup_{name}")
            for name in ("verify", "restore")
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = request.user.has_perm(PERMISSIONS["create"])
        return super().changelist_view(request, {**(extra_context or {}), "may_create": may})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        may = {f"may_{name}": request.user.has_perm(PERMISSIONS[name]) for name in ("verify", "restore")}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **may})

    def create_view(self, request: HttpRequest) -> HttpResponse:
        back = reverse("admin:rollout_backup_changelist")
        form = CreateForm(confirming.confirmed(request))
        return self._act(request, None, "create", form, back=back, headline=_("The state of now is kept."))

    def act_view(self, request: HttpRequest, backup_id: int, name: str) -> HttpResponse:
        backup = Backup.objects.filter(pk=backup_id).first()
        if backup is None:
            raise Http404
        back = reverse("admin:rollout_backup_change", args=[backup.pk])
        data = confirming.confirmed(request)
        form = confirming.ReasonForm(data) if name == "verify" else RestoreForm(data, request=request)
        return self._act(request, backup, name, form, back=back, headline=str(backup))

    def _act(
        self, request: HttpRequest, backup: Backup | None, name: str, form: forms.Form, *, back: str, **shown: Any
    ) -> HttpResponse:
        if not (self.has_view_permission(request) and request.user.has_perm(PERMISSIONS[name])):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(back)
        if not form.is_valid():
            label = str(LABELS[name])
            return confirming.page(
                self, request, title=label, back=back, form=form, button=label, text=EFFECTS[name], **shown
            )
        try:
            told = DEEDS[name](backup, request.user.get_username(), form.cleaned_data)
        except BackupError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        row, text = told
        self.log_change(request, row, f"{LABELS[name]}: {form.cleaned_data['reason']}")
        messages.success(request, text)
        return HttpResponseRedirect(reverse("admin:rollout_backup_change", args=[row.pk]))


def _create(backup: None, actor: str, asked: dict[str, Any]) -> tuple[Backup, str]:
    event = f"manual {timezone.localtime():%Y-%m-%d %H:%M:%S} {actor}"[:100]
    made = backups.create(event=event, actor=actor, reason=asked["reason"], dump=asked["dump"])
    return made, _("Backup %(event)s: %(status)s") % {"event": made.event, "status": made.get_status_display()}


def _verify(backup: Backup, actor: str, asked: dict[str, Any]) -> tuple[Backup, str]:
    made = backups.verify(backup.pk)
    return made, _("Backup %(event)s: %(status)s") % {"event": made.event, "status": made.get_status_display()}


def _restore(backup: Backup, actor: str, asked: dict[str, Any]) -> tuple[Backup, str]:
    counts = backups.restore(backup.pk, actor=actor, reason=asked["reason"], approved_by=asked["approver"])
    return backup, _("Restored: %s") % ", ".join(f"{name} {value}" for name, value in counts.items())


DEEDS: dict[str, Callable[..., tuple[Backup, str]]] = {"create": _create, "verify": _verify, "restore": _restore}

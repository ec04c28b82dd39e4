"""Channels: made by people, tried out with a button. Address and secret are written and never shown."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitoring import notifiers
from monitoring.alerts.errors import NotSent
from monitoring.alerts.groups import GROUPS
from monitoring.alerts.sending import Sender
from monitoring.models import Channel
from monitoring.models.channel import endpoint
from monitoring.notifiers.mail import addresses

TEST = "monitoring.test_channel"
KEPT = gettext_lazy("Left empty it stays as it is; it is never shown.")
HIDDEN = forms.PasswordInput({"class": "vTextField", "autocomplete": "new-password"}, render_value=False)


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is left empty of address and secret stays."""

    address = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=2000)
    secret = forms.CharField(
        label=gettext_lazy("Secret"), required=False, max_length=255, widget=HIDDEN, strip=False, help_text=KEPT
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Groups"),
        required=False,
        choices=list(GROUPS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Every group when none is chosen."),
    )

    class Meta:
        model = Channel
        fields = ("name", "kind", "address", "secret", "severity", "groups", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about = Channel._meta.get_field("address").help_text
        self.fields["address"].help_text = f"{about} {KEPT}" if self.instance.pk else about
        self.fields["address"].widget.attrs.update({"class": "vTextField", "autocomplete": "off"})
        self.held = (self.instance.address, self.instance.secret)
        self.initial.update({"address": "", "secret": ""})

    def clean(self) -> Any:
        found = super().clean() or self.cleaned_data
        for name, held in zip(("address", "secret"), self.held, strict=True):
            found[name] = (found.get(name) or held).strip()
        if "kind" in found:
            self._check(found["kind"], found["address"], found["secret"])
        return found

    def _check(self, kind: str, address: str, secret: str) -> None:
        try:
            notifiers.of(kind).check(address, secret)
        except ValueError as error:
            self.add_error("address", str(error))
        if kind == Channel.Kind.EMAIL and not settings.EMAIL_HOST:
            self.add_error("kind", _("LJWX_EMAIL_URL is not set"))
        taken = Channel.objects.filter(endpoint=endpoint(kind, address)).exclude(pk=self.instance.pk)
        if taken.exists():
            self.add_error("address", _("Another channel goes there: its limit holds for both."))


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Changes are in the log by the names of their fields alone."""

    change_form_template = "admin/monitoring/channel/change_form.html"
    form = ChannelForm
    list_display = ("name", "kind", "where", "severity", "named", "enabled", "failures")
    ordering = ("name",)
    sortable_by: ClassVar[Any] = ()

    def get_urls(self) -> Any:
        test = path(
            "<int:channel_id>/test/", self.admin_site.admin_view(self.test_view), name="monitoring_channel_test"
        )
        return [test, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees where it goes, and not how."""
        if obj is None or self.has_change_permission(request, obj):
            return ChannelForm.Meta.fields
        return ("name", "kind", "where", "severity", "named", "enabled", "failures")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("where", "named", "failures")

    @admin.display(description=gettext_lazy("goes to"))
    def where(self, row: Channel) -> str:
        """The host, or how many addresses: the rest is a credential."""
        if row.kind == Channel.Kind.EMAIL:
            count = len(addresses(row.address))
            return ngettext("%d address", "%d addresses", count) % count
        return urlsplit(row.address).netloc

    @admin.display(description=gettext_lazy("groups"))
    def named(self, row: Channel) -> str:
        return ", ".join(str(GROUPS.get(each, each)) for each in row.groups) or _("every group")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(
            request, {**context, "may_test": request.user.has_perm(TEST)}, *args, **kwargs
        )

    def test_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Send a test message and say what became of it."""
        if not (self.has_view_permission(request) and request.user.has_perm(TEST)):
            raise PermissionDenied
        back = reverse("admin:monitoring_channel_change", args=[channel_id])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        try:
            sent = Sender().test(channel_id, actor=request.user.get_username())
        except Channel.DoesNotExist as error:
            raise Http404 from error
        except NotSent as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(back)
        if sent.failed is None:
            messages.success(request, _("The test message was delivered (delivery %d).") % sent.delivery)
        else:
            code = f" {sent.failed.code}" if sent.failed.code else ""
            messages.error(request, _("The test message was not delivered: %s") % f"{sent.failed}{code}")
        return HttpResponseRedirect(back)

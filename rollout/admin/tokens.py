"""Tokens in the admin: made, shown once, revoked by deleting them; never changed."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from ljwx.admin.shown import moment
from rollout.models import ApiToken
from rollout.models.token import LONGEST_DAYS


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whose token, what for, and how long."""

    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, max_value=LONGEST_DAYS, initial=30)

    class Meta:
        model = ApiToken
        fields = ("user", "note")


@admin.register(ApiToken)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A token may do what its user may: only a superuser makes one for somebody else."""

    form = TokenForm
    list_display = ("token_key", "user", "note", "created_by", moment(ApiToken, "created"), moment(ApiToken, "expiry"))
    list_select_related = ("user",)
    ordering = ("-created",)
    raw_id_fields = ("user",)
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(user=request.user.pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not change and not request.user.is_superuser:
            form.base_fields["user"].queryset = form.base_fields["user"].queryset.filter(pk=request.user.pk)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("user", "note", "days")
        return ("token_key", "user", "note", "created_by", moment(ApiToken, "created"), moment(ApiToken, "expiry"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only the hash is kept: this message is the only place where the token is ever seen."""
        obj.digest, token = get_digest_token()
        obj.token_key = token[: CONSTANTS.TOKEN_KEY_LENGTH]
        obj.expiry = timezone.now() + timedelta(days=form.cleaned_data["days"])
        obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)
        messages.warning(request, _("The token, shown this once: %s") % token)

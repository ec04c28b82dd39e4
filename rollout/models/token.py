"""Tokens with which programs call the API."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

LONGEST_DAYS = 366


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A token of one user, kept as its SHA-512. It may what its user may, until it expires or is revoked."""

    # knox's own fields, with words for the operator.
    token_key = models.CharField(_("key"), max_length=25, db_index=True, help_text=_("How the token begins."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="auth_token_set", verbose_name=_("user")
    )
    created = models.DateTimeField(_("made at"), auto_now_add=True)
    expiry = models.DateTimeField(_("expires at"))  # every token ends: the database holds that
    note = models.CharField(_("used by"), max_length=100, help_text=_("Which program uses it."))
    created_by = models.CharField(_("made by"), max_length=150)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.token_key}… ({self.note})"

"""What was told of uploads, as far as it must outlive Redis."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerCount(models.Model):
    """Records of one minute of receipt that the edge has promised to keep, by kind and path. Only ever grows."""

    minute = models.PositiveBigIntegerField(_("minute"), help_text=_("Minutes since 1970 when the edge received them."))
    kind = models.CharField(_("kind"), max_length=16)
    path = models.CharField(_("path"), max_length=16)
    what = models.CharField(_("count of"), max_length=16)
    count = models.PositiveBigIntegerField(_("records"), default=0)

    class Meta:
        db_table = "ljwx_ledger"
        verbose_name = _("ledger count")
        verbose_name_plural = _("ledger counts")
        constraints = [
            # also the index of "all counts since a minute"
            models.UniqueConstraint(fields=["minute", "kind", "path", "what"], name="ledger_count_key")
        ]

    def __str__(self) -> str:
        return f"{self.minute} {self.kind} {self.path} {self.what}: {self.count}"

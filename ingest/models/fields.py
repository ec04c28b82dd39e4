"""Fields that several record tables share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Bound(models.Model):
    """Whom a device belonged to when the record was stored; NULL where nobody knows."""

    customer_id = models.BigIntegerField(_("customer"), null=True, blank=True)
    org_id = models.BigIntegerField(_("organisation"), null=True, blank=True)
    user_id = models.BigIntegerField(_("user"), null=True, blank=True)

    class Meta:
        abstract = True


class Stamped(models.Model):
    """When the row was written and last changed."""

    create_time = models.DateTimeField(_("created at"))
    update_time = models.DateTimeField(_("updated at"))

    class Meta:
        abstract = True

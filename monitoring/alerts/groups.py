"""What alerts are about: one message tells of a whole group, and a channel may be for some of them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONSUMERS, RECORDS, REDIS, PLAN, CONTROL, DEVICES = "consumers", "records", "redis", "plan", "control", "devices"

GROUPS: dict[str, Promise | str] = {
    CONSUMERS: _("consumers"),
    RECORDS: _("records"),
    REDIS: _("Redis"),
    PLAN: _("plan and guardrails"),
    CONTROL: _("controller and backups"),
    DEVICES: _("devices"),
}

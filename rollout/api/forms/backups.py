"""Taking a backup and putting one back."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Reasoned


class Take(Reasoned):
    """A backup on demand."""

    event = serializers.RegexField(
        r"^[\w.:-]{1,100}$",
        required=False,
        help_text=gettext_lazy("What it is taken for; one backup an event, however often it is asked for."),
    )
    dump = serializers.BooleanField(default=False, help_text=gettext_lazy("With a dump of the whole database."))


class Restore(Reasoned):
    """Putting a backup back."""

    raise_shares = serializers.BooleanField(
        default=False,
        help_text=gettext_lazy("Also where that raises a share; needs the permission to approve plans."),
    )

"""Moving traffic: by hand, and back."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Form, Reasoned
from rollout.models import Rollback
from streaming import registry


class Percent(serializers.DecimalField):
    """0 to 100, with two decimals at most."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100), **kwargs)


class KindName(serializers.CharField):
    """The name of a kind of upload that there is."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        known = [kind.name for kind in registry.kinds()]
        if name not in known:
            raise serializers.ValidationError(_("There is no such kind; there are: %s.") % ", ".join(known))
        return str(name)


class Switch(Reasoned):
    """A new share for one kind or all."""

    percentage = Percent(required=False, help_text=gettext_lazy("Percent of devices on the stream."))
    mirror_percentage = Percent(
        required=False, help_text=gettext_lazy("Percent of legacy uploads that are also sent to the shadow.")
    )
    kind = KindName(required=False, help_text=gettext_lazy("One kind of upload; every kind when left out."))
    expected_version = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text=gettext_lazy("The epoch of the kind's route that you looked at; another one by now is a conflict."),
    )
    emergency = serializers.BooleanField(
        default=False,
        help_text=gettext_lazy(
            "Also while a plan runs, which it ends. May only lower; needs the permission to roll back."
        ),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "percentage" not in attrs and "mirror_percentage" not in attrs:
            raise serializers.ValidationError({"percentage": [_("Say the new share.")]})
        if "expected_version" in attrs and "kind" not in attrs:
            raise serializers.ValidationError({"kind": [_("Each kind has its own version: name the kind.")]})
        return attrs


class RollBack(Reasoned):
    """A way back."""

    strategy = serializers.ChoiceField(choices=Rollback.Strategy.choices, default=Rollback.Strategy.IMMEDIATE)
    kinds = serializers.ListField(
        child=KindName(), required=False, allow_empty=False, help_text=gettext_lazy("Every kind when left out.")
    )
    target = Percent(required=False, help_text=gettext_lazy("For to-percentage: the share to go back to."))
    interval_s = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=24 * 3600,
        help_text=gettext_lazy("For gradual: seconds between two steps."),
    )
    force = serializers.BooleanField(
        default=False,
        help_text=gettext_lazy("Also when the legacy path can not be seen to carry what comes back to it."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["strategy"] == Rollback.Strategy.TO_PERCENTAGE) != ("target" in attrs):
            raise serializers.ValidationError(
                {"target": [_("to-percentage needs a target, and nothing else has one.")]}
            )
        return attrs


class Question(Form):
    """Which device's way is asked for."""

    device = serializers.CharField(max_length=64)
    kind = KindName(required=False)

"""What every form has: a field that it does not know is a mistake, and a change has a reason."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

REASON_LENGTH = 255


class Form(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt one must not pass for one left out."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {name: [_("There is no such field; there are: %s.") % known] for name in unknown}
            )
        return super().to_internal_value(data)


class Reasoned(Form):
    """A change, with why it is made."""

    reason = serializers.CharField(max_length=REASON_LENGTH, help_text=gettext_lazy("Why; kept in the history."))

"""Lengths of time as people write them: `2 h`, `90`, `1 h 30 min`."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHOWN = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
WORDS = {
    "": 60, "s": 1, "秒": 1, "m": 60, "min": 60, "分": 60, "分钟": 60, "h": 3600, "小时": 3600, "时": 3600,
    "d": 86_400, "天": 86_400,
}  # fmt: skip
PART = re.compile(r"(\d{1,9}(?:\.\d{1,4})?)\s*([a-z\u4e00-\u9fff]*)\s*", re.ASCII)


def shown(seconds: int) -> str:
    """`seconds` in days, hours, minutes and seconds, without what is zero."""
    parts = []
    left = seconds
    for unit, size in SHOWN:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 min"


def parse(text: str) -> int:
    """Seconds; a number without a unit is minutes. Raises ValueError."""
    rest = text.strip().lower()
    total = 0.0
    if not rest:
        raise ValueError("no length of time")
    while rest:
        found = PART.match(rest)
        if found is None or found.group(2) not in WORDS:
            raise ValueError(f"no length of time: {text!r}")
        total += float(found.group(1)) * WORDS[found.group(2)]
        rest = rest[found.end() :]
    return round(total)


class DurationField(forms.CharField):
    """Seconds, written and shown as hours and minutes."""

    default_help = gettext_lazy("Minutes, or with units: 45, 2 h, 1 h 30 min, 1 d.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, "help_text": self.default_help, **kwargs})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError:
            raise ValidationError(_("Write minutes, or a length of time like 2 h or 1 h 30 min.")) from None

    def run_validators(self, value: Any) -> None:
        """The length of the text is checked by the widget alone: the value is a number by now."""

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, int) else value

"""How values are shown in the admin: times to the second, JSON indented, everything escaped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NONE = "-"
Display = Callable[[Any], Any]


def moment(model: type[models.Model], name: str) -> Display:
    """A column that shows the time `name`, or what it has as seconds since 1970, to the second, in the site's zone:
    Django's own format drops seconds."""

    def shown(row: models.Model) -> str:
        value = getattr(row, name)
        return NONE if value is None else to_second(value)

    return _like_field(shown, model, name)


def to_second(at: datetime | float) -> str:
    """A time, or seconds since 1970, in the site's zone to the second."""
    known = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return f"{timezone.localtime(known):%Y-%m-%d %H:%M:%S}"


def indented(model: type[models.Model], name: str) -> Display:
    """A column that shows the JSON of `name`, one member a line."""

    def shown(row: models.Model) -> SafeString | None:
        value = getattr(row, name)
        return None if value is None else block(json.dumps(value, indent=2, ensure_ascii=False))

    return _like_field(shown, model, name)


def block(text: str) -> SafeString:
    """`text` as it stands, escaped, lines kept."""
    return format_html('<pre class="ljwx-block">{}</pre>', text)


def _like_field(shown: Any, model: type[models.Model], name: str) -> Display:
    shown.__name__ = name
    shown.short_description = getattr(model._meta.get_field(name), "verbose_name", name)
    return shown  # type: ignore[no-any-return]

"""The admin site of the project: its name, the order of its parts, and what every admin class shares."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

ORDER = ("rollout", "streaming", "ingest", "monitoring", "auth")

_by_name = AdminSite.get_app_list


def in_order(request: HttpRequest, app_label: str | None = None) -> Any:
    """The apps by how often an operator needs them; Django sorts them by their translated names."""

    def place(app: Any) -> int:
        label = app["app_label"]
        return ORDER.index(label) if label in ORDER else len(ORDER)

    return sorted(_by_name(admin.site, request, app_label), key=place)


admin.site.site_header = _("ljwx")
admin.site.site_title = _("ljwx")
admin.site.index_title = _("Operations")
admin.site.get_app_list = in_order  # type: ignore[method-assign]

"""The paths devices know, each with and without a trailing slash: a POST is never redirected."""

from django.urls import URLPattern, re_path

from ingest import polls
from ingest.accept import ALWAYS_STREAM
from ingest.upload import DEVICE, EVENT, HEALTH
from ingest.views import UploadView

NAMES = {HEALTH: "health_data", DEVICE: "device_info", EVENT: "common_event"}


def _paths(kind: str, name: str) -> list[URLPattern]:
    dashed = name.replace("_", "-")
    return [
        re_path(rf"^upload_{name}/?$", UploadView.as_view(kind=kind), name=f"upload_{name}"),
        re_path(rf"^upload_{name}_v2/?$", UploadView.as_view(kind=kind, lane=ALWAYS_STREAM), name=f"upload_{name}_v2"),
        re_path(
            rf"^batch/upload[-_](?:{name}|{dashed})/?$",
            UploadView.as_view(kind=kind, mixed=kind == EVENT),
            name=f"batch_upload_{name}",
        ),
    ]


urlpatterns = [pattern for kind, name in NAMES.items() for pattern in _paths(kind, name)] + [
    re_path(r"^DeviceMessage/receive/?$", polls.messages, name="device_messages"),
    re_path(r"^fetch_health_data_config/?$", polls.config, name="device_config"),
]

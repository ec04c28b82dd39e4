"""Every path of the project: devices at the root, people under /admin/."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from rollout.api.description import DocsView, SchemaView
from rollout.api.views.prometheus import PrometheusView

admin.autodiscover()

urlpatterns = [
    path("", include("ingest.urls")),
    path("", include("monitoring.urls")),
    path("", include("rollout.dashboard.urls")),
    re_path(r"^metrics/?$", PrometheusView.as_view(), name="metrics"),
    path("stream_monitor/api/", include("rollout.api.urls")),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", DocsView.as_view(), name="api_docs"),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]

handler400 = "ljwx.errors.bad_request"
handler403 = "ljwx.errors.forbidden"
handler404 = "ljwx.errors.not_found"
handler500 = "ljwx.errors.server_error"

from django.urls import re_path

from monitoring import health

urlpatterns = [
    re_path(r"^(?:api/)?health/?$", health.alive, name="health"),
    re_path(r"^healthz/?$", health.alive, name="healthz"),
    re_path(r"^readyz/?$", health.ready, name="readyz"),
]

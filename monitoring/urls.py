from django.urls import re_path

from monitoring import health

urlpatterns = [re_path(r"^(?:api/)?health/?$", health.alive, name="health")]

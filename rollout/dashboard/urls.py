"""The addresses of the dashboard, with and without a slash at their end."""

from django.urls import path, re_path

from rollout.dashboard.page import AcknowledgeAlert, Dashboard, EmergencyRollback

urlpatterns = [
    path("stream_monitor/", Dashboard.as_view(), name="dashboard"),
    path("stream_monitor", Dashboard.as_view()),
    re_path(r"^stream_monitor/rollback/?$", EmergencyRollback.as_view(), name="dashboard_rollback"),
    re_path(r"^stream_monitor/acknowledge/?$", AcknowledgeAlert.as_view(), name="dashboard_acknowledge"),
]

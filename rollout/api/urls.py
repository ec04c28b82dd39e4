"""The addresses of the API, below /stream_monitor/api/, each with and without a slash at its end."""

from django.urls import URLPattern, re_path
from rest_framework.views import APIView

from rollout.api.views import (
    alerts,
    backups,
    consumers,
    decisions,
    drafts,
    explaining,
    metrics,
    plans,
    rollbacks,
    status,
    switching,
    validation,
)

# N is a number: that of a plan, a rollback, a check, a repair, a backup or an alert.
VIEWS: dict[str, type[APIView]] = {
    "status": status.StatusView,
    "metrics": metrics.MetricsView,
    "switch_traffic": switching.SwitchView,
    "create_switch_plan": drafts.DraftView,
    "emergency_rollback": rollbacks.EmergencyRollback,
    "rollbacks": rollbacks.RollbacksView,
    "rollbacks/N": rollbacks.RollbackView,
    "plans": plans.PlansView,
    "plans/N": plans.PlanView,
    "plans/N/checklist": plans.ChecklistView,
    "plans/N/submit": plans.Submit,
    "plans/N/approve": plans.Approved,
    "plans/N/start": plans.Start,
    "plans/N/pause": plans.PauseView,
    "plans/N/resume": plans.ResumeView,
    "plans/N/advance": plans.Advance,
    "plans/N/complete": plans.Complete,
    "plans/N/cancel": plans.Cancel,
    "route/explain": explaining.ExplainView,
    "decisions": decisions.DecisionsView,
    "validation/run_check": validation.RunCheckView,
    "validation/history": validation.HistoryView,
    "validation/checks/N": validation.CheckView,
    "validation/repair": validation.RepairView,
    "validation/repairs": validation.RepairsView,
    "validation/repairs/N/approve": validation.ApproveView,
    "validation/acknowledge": validation.AcknowledgeView,
    "backups": backups.BackupsView,
    "backups/N/restore": backups.RestoreView,
    "consumers": consumers.ConsumersView,
    "consumers/scale": consumers.ScaleView,
    "alerts": alerts.AlertsView,
    "alerts/N/acknowledge": alerts.AcknowledgeAlertView,
    "silences": alerts.SilencesView,
}

NUMBER = "(?P<number>[0-9]{1,18})"


def _pattern(path: str, view: type[APIView]) -> URLPattern:
    return re_path(rf"^{path.replace('/N', f'/{NUMBER}')}/?$", view.as_view(), name=f"control {path}")


urlpatterns = [_pattern(path, view) for path, view in VIEWS.items()]

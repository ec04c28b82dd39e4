"""`GET alerts`, `POST alerts/N/acknowledge`, `GET silences`, `POST silences`."""

from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request

from monitoring.alerts import silences, states
from monitoring.models import Alert, Silence
from rollout.api.forms.alerts import AlertPage, Silencing
from rollout.api.forms.paging import Page, page
from rollout.api.forms.strict import Reasoned
from rollout.api.status import alerts
from rollout.api.view import Acting, Reading


class AlertsView(Reading):
    """The alerts, newest first: pending, firing, acknowledged, and for 30 days those that are over."""

    needs = {"GET": "monitoring.view_alert"}
    question = AlertPage

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = Alert.objects.order_by("-pk")
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return {"alerts": alerts.shown(page(rows, asked))}


class AcknowledgeAlertView(Acting):
    """Say that you are at it: it is repeated no more. It still holds plans until it is over. 409 unless it fires."""

    needs = {"POST": "monitoring.acknowledge_alert"}
    form = Reasoned

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        actor = request.user.get_username()
        row = states.acknowledge_one(int(number), actor=actor, note=asked["reason"], now=timezone.now())
        return {"alert": alerts.alert(row)}


class SilencesView(Reading, Acting):
    """The silences, newest first; a POST makes one. What is silenced still fires, is shown, and holds plans."""

    needs = {"GET": "monitoring.view_silence", "POST": "monitoring.add_silence"}
    question = Page
    form = Silencing
    made = status.HTTP_201_CREATED

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {"silences": [shown(row) for row in page(Silence.objects.order_by("-pk"), asked)]}

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {"silence": shown(silences.create(actor=request.user.get_username(), **asked))}


def shown(row: Silence) -> dict[str, Any]:
    """A silence as an answer has it."""
    return {
        "id": row.pk,
        "rule": row.rule,
        "group": row.group,
        "prefix": row.prefix,
        "reason": row.reason,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }

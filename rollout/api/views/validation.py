"""`validation/…`: checks of consistency, their history, and repairs of what they found missing."""

import contextlib
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from rollout.api.forms.paging import Page, page
from rollout.api.forms.strict import Reasoned
from rollout.api.forms.validation import Acknowledge, Repair, RunCheck, Window
from rollout.api.shown import checks
from rollout.api.view import Acting, Reading, valid
from rollout.consistency import DatabaseConsistencyChecker, repairing
from rollout.consistency.acknowledging import acknowledge
from rollout.consistency.errors import CheckRunning
from rollout.lease import LeaseLost
from rollout.models import Check
from rollout.models import Repair as RepairRow
from streaming.failures import Unavailable

# A request must end: what is left the controller carries on.
ANSWER_S = 5.0
PAYLOAD = "streaming.view_payload"
APPROVE = "rollout.approve_plan"


class RunCheckView(Reading, Acting):
    """Compare what the streams hold with the tables, over the last minutes but for the youngest. 200 when it is done
    within seconds, else 202: the controller carries it on, and `validation/checks/N` says how far it is. One runs at a
    time: 409. A GET does the same."""

    needs = {"GET": "rollout.add_check", "POST": "rollout.add_check"}
    question = Window
    form = RunCheck
    also: ClassVar[tuple[int, ...]] = (status.HTTP_202_ACCEPTED,)

    def get(self, request: Request, **kwargs: Any) -> Response:
        answer = self.act(request, valid(self.question, request.query_params))
        return Response({"status": "success", **answer}, status=self.code(answer))

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        checker = DatabaseConsistencyChecker(
            kinds=[asked["kind"]] if "kind" in asked else None,
            actor=request.user.get_username(),
            reason=asked.get("reason", ""),
        )
        check = checker.begin(asked["time_window_minutes"], seconds=ANSWER_S)
        return {"check": checks.whole(check, shown=request.user.has_perm(PAYLOAD))}

    def code(self, answer: dict[str, Any]) -> int:
        is_done = answer["check"]["status"] == Check.Status.DONE
        return status.HTTP_200_OK if is_done else status.HTTP_202_ACCEPTED


class HistoryView(Reading):
    """Up to when each kind is verified, and the checks of a window, newest first."""

    needs = {"GET": "rollout.view_check"}
    question = Page

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = checks.CHECKS.all()
        return {"verified": checks.verified(), "checks": [checks.brief(row) for row in page(rows, asked)]}


class CheckView(Reading):
    """One check: classes by kind, by path and firmware, holes and samples. Serials are masked and values left out for
    who may not see health data (`streaming.view_payload`)."""

    needs = {"GET": "rollout.view_check"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {"check": checks.whole(Check.objects.get(pk=int(number)), shown=self.request.user.has_perm(PAYLOAD))}


class RepairView(Acting):
    """Store what a check has found missing, by the ordinary writer: nothing is overwritten or deleted. More records
    than the limit wait for somebody's approval (202, `validation/repairs/N/approve`); `dry_run` changes nothing."""

    needs = {"POST": "rollout.repair_records"}
    form = Repair
    also: ClassVar[tuple[int, ...]] = (status.HTTP_202_ACCEPTED,)

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        if asked["dry_run"]:
            found = repairing.preview(asked["check"])
            return {"preview": checks.preview(found), "needs_approval": repairing.needs_approval(found.records)}
        row = repairing.ask(asked["check"], actor=request.user.get_username(), reason=asked["reason"])
        return _carried_out(row)

    def code(self, answer: dict[str, Any]) -> int:
        return _code(answer)


class ApproveView(Acting):
    """Answer for a repair that waits for it, which is then carried out. Where two people must agree, who asked for it
    is refused."""

    needs = {"POST": APPROVE}
    form = Reasoned
    also: ClassVar[tuple[int, ...]] = (status.HTTP_202_ACCEPTED,)

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return _carried_out(repairing.approve(int(number), actor=request.user.get_username()))

    def code(self, answer: dict[str, Any]) -> int:
        return _code(answer)


class AcknowledgeView(Acting):
    """Answer for holes and for what is extra, different or double, so that what is verified goes on behind them. What
    is missing is not acknowledged but repaired: 409."""

    needs = {"POST": "rollout.add_acknowledgement"}
    form = Acknowledge

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        ended = acknowledge(asked["findings"], actor=request.user.get_username(), reason=asked["reason"])
        return {"acknowledged": ended, "verified": checks.verified()}


class RepairsView(Reading):
    """The repairs, newest first."""

    needs = {"GET": "rollout.view_repair"}
    question = Page

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = RepairRow.objects.order_by("-pk")
        return {"repairs": [checks.repair(row) for row in page(rows, asked)]}


def _carried_out(row: RepairRow) -> dict[str, Any]:
    """The repair as far as it comes in a request; the controller carries on what is left."""
    if row.status != RepairRow.Status.ASKED:
        with contextlib.suppress(CheckRunning, LeaseLost, Unavailable):
            repairing.carry_out(row.pk, seconds=ANSWER_S)
        row.refresh_from_db()
    return {"repair": checks.repair(row)}


def _code(answer: dict[str, Any]) -> int:
    is_over = "preview" in answer or answer["repair"]["status"] == RepairRow.Status.DONE
    return status.HTTP_200_OK if is_over else status.HTTP_202_ACCEPTED

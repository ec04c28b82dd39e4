"""Lists of any length: nothing is counted, nothing is asked that no index answers, and pages obey a strict policy."""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollout.guardrails.policy import Policy
from rollout.models import Backup, Decision, GuardrailPolicy, Plan
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

MODELS = (
    "acknowledgement", "backup", "change", "check", "checkfinding", "decision", "guardrailpolicy", "lease", "pin",
    "plan", "repair", "rollback", "transition",
)  # fmt: skip
LISTS = [f"/admin/rollout/{model}/" for model in MODELS] + ["/admin/admin/logentry/"]


@pytest.fixture
def root(groups: None) -> Any:
    return people.client(superuser=True)


@pytest.mark.parametrize("url", LISTS)
def test_a_list_counts_no_further_than_it_pages(root: Any, url: str) -> None:
    with CaptureQueriesContext(connection) as context:
        assert root.get(url).status_code == 200
    counts = [query["sql"] for query in context.captured_queries if "COUNT(" in query["sql"].upper()]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts), counts


@pytest.mark.parametrize("model", ["decision", "rollback", "transition"])
def test_an_address_may_not_ask_for_what_no_index_answers(root: Any, model: str) -> None:
    assert root.get(f"/admin/rollout/{model}/?reason__contains=x").status_code == 400
    assert root.get(f"/admin/rollout/{model}/?plan=1").status_code == 200
    assert root.get(f"/admin/rollout/{model}/?plan=x").status_code == 200


def test_a_list_of_decisions_is_that_of_a_plan_and_reads_no_evidence(root: Any, plan: Plan) -> None:
    policy = GuardrailPolicy.objects.create(version=9, values={}, created_by="li", reason="x")
    for which in (plan, None):
        Decision.objects.create(
            plan=which, policy=policy, token=1, verdict="pass", action="none", evidence={}, judgement={},
            created_at=timezone.now(),
        )  # fmt: skip
    with CaptureQueriesContext(connection) as context:
        response = root.get(f"/admin/rollout/decision/?plan={plan.pk}")
    assert [row.plan_id for row in response.context["cl"].result_list] == [plan.pk]
    assert not [
        query["sql"]
        for query in context.captured_queries
        if "`evidence`" in query["sql"] or '"evidence"' in query["sql"]
    ]


def test_no_page_needs_an_inline_script_or_style(root: Any, plan: Plan, put: Callable[[ModuleType], None]) -> None:
    for part in (fakes.checklists(), fakes.rollback(), fakes.backups(), fakes.policies(Policy())):
        put(part)
    backup = Backup.objects.create(event="e", path="/b", actor="li", reason="x")
    page = f"/admin/rollout/plan/{plan.pk}"
    looked_at = [
        *LISTS, f"{page}/change/", f"{page}/edit/", "/admin/rollout/plan/add/", "/admin/rollout/rollback/ask/",
        "/admin/rollout/route/", "/admin/rollout/guardrailpolicy/add/", "/admin/rollout/pin/add/",
        f"/admin/rollout/backup/{backup.pk}/change/",
    ]  # fmt: skip
    pressed = [f"{page}/submit/", f"{page}/sign/team/", f"/admin/rollout/backup/{backup.pk}/restore/"]
    answers = [(url, root.get(url)) for url in looked_at] + [(url, root.post(url, {"version": "1"})) for url in pressed]
    for url, response in answers:
        assert response.status_code == 200, url
        content = re.sub(
            r'<script type="application/json"|<script id="[^"]+" type="application/json"',
            "<data",
            response.content.decode(),
        )
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", content), url
        assert not re.search(r"<script(?![^>]*\ssrc=)", content), url

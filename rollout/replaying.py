"""Stored decisions, judged again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from rollout.guardrails import evidence as evidences
from rollout.guardrails import judgement as judgements
from rollout.guardrails import policy as rules
from rollout.guardrails.judge import judge
from rollout.guardrails.policy import Policy
from rollout.models import Decision

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that would have been another one: verdict and action as they were, and as they would be."""

    at: datetime
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(slots=True)
class Report:
    """`judged` decisions; `different` of them would be judged otherwise, the first of which are told."""

    judged: int = 0
    different: int = 0
    told: list[Difference] = field(default_factory=list)

    def counts(self) -> dict[str, object]:
        """For machines."""
        return {
            "judged": self.judged,
            "different": self.different,
            "differences": [
                {"at": each.at.isoformat(), "before": list(each.before), "after": list(each.after)}
                for each in self.told
            ],
        }

    def lines(self) -> Iterator[str]:
        """For a person."""
        for each in self.told:
            yield f"{each.at.isoformat(timespec='seconds')}  {'/'.join(each.before)} → {'/'.join(each.after)}"
        yield f"judged {self.judged}, different {self.different}"


def replay(*, since: datetime, policy: Policy | None = None) -> Report:
    """Judge every decision since `since` again, by `policy` or, without one, by that of its time. By that of its time
    the judgement must be equal bit for bit; by another one what counts is verdict and action."""
    report = Report()
    known: dict[int, Policy] = {}
    rows = Decision.objects.filter(created_at__gte=since).select_related("policy").order_by("id")
    for row in rows.iterator(chunk_size=200):
        if row.policy_id not in known:
            known[row.policy_id] = rules.decode(json.dumps(row.policy.values))
        again = judge(policy or known[row.policy_id], evidences.decode(json.dumps(row.evidence)))
        before, after = (row.verdict, row.action), (again.verdict.value, again.action.value)
        same = before == after
        if policy is None:
            same = json.loads(judgements.encode(again)) == row.judgement
        report.judged += 1
        if not same:
            report.different += 1
            if len(report.told) < SHOWN:
                report.told.append(Difference(row.created_at, before, after))
    return report

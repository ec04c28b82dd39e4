"""The judgement: every metric by itself, then the rules that hold for all, then the worst."""

from collections.abc import Iterator

from msgspec.structs import replace

from rollout.guardrails.actions import Action, strongest
from rollout.guardrails.backlog import backlog
from rollout.guardrails.blocks import blocks
from rollout.guardrails.codes import Code
from rollout.guardrails.consistency import consistency
from rollout.guardrails.errors import errors
from rollout.guardrails.evidence import Evidence, KindEvidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.flapping import settled
from rollout.guardrails.heartbeat import heartbeat
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.latency import accept
from rollout.guardrails.losses import lost
from rollout.guardrails.memory import memory
from rollout.guardrails.metrics import LEGACY, STREAM, Metric
from rollout.guardrails.numbers import SKEW_S, finite
from rollout.guardrails.policy import Policy
from rollout.guardrails.series import series
from rollout.guardrails.verdicts import Verdict, worst

ORDER = list(Metric)


def judge(policy: Policy, evidence: Evidence) -> Judgement:
    """The same for the same arguments, wherever and whenever. Never raises, whatever was measured.

    A kind at 0 % has no errors and nothing to compare unless it was measured all the same; what is in its stream counts
    at any share. Evidence without kinds has not measured the stream path.
    """
    measured = sorted(_measured(policy, evidence), key=lambda finding: ORDER.index(finding.metric))
    findings = tuple(
        settled(_quiet(finding, policy, evidence), evidence=evidence, limits=policy.flapping) for finding in measured
    )
    return Judgement(
        at=evidence.now,
        verdict=worst(finding.verdict for finding in findings),
        action=strongest(finding.action for finding in findings),
        findings=findings,
        blocks=blocks(evidence, findings),
        spent=tuple(each.kind for each in findings if each.kind is not None and Code.SHARED_CAUSE in each.codes),
    )


def _measured(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    now = evidence.now
    for kind in evidence.kinds:
        yield from _of_kind(kind, policy, evidence)
    if not evidence.kinds:
        yield Finding(metric=Metric.ERRORS, verdict=Verdict.NO_DATA, codes=(Code.MISSING,))
    since = max((_since(kind) for kind in evidence.kinds), default=0.0)
    yield series(evidence.cpu, metric=Metric.CPU, limits=policy.cpu, now=now, since=since)
    # A path that no device is on has no requests: there is nothing to measure.
    for path, used in ((STREAM, _any_on_stream(evidence)), (LEGACY, _any_on_legacy(evidence))):
        found = evidence.of_path(path)
        if used or (path == STREAM and found is not None and found.requests > 0):
            yield accept(found, path=path, limits=policy.accept, now=now, since=since)
    yield memory(evidence.memory, limits=policy.memory, roll_back=policy.memory_roll_back, now=now, since=since)
    yield heartbeat(evidence.heartbeat_age_s, limits=policy.heartbeat, now=now)


def _of_kind(kind: KindEvidence, policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    now, since = evidence.now, _since(kind)
    if _on_stream(kind) or kind.errors.good or kind.errors.errors:
        yield errors(kind, limits=policy.errors, now=now)
    if _on_stream(kind) or kind.consistency is not None:
        yield consistency(kind, limits=policy.consistency, now=now)
    yield backlog(kind, everything=evidence, policy=policy, since=since)
    yield series(kind.age, metric=Metric.AGE, limits=policy.age, now=now, since=since, kind=kind.kind)
    yield lost(
        kind.lost,
        evicts=evidence.evicts,
        action=policy.lost_action,
        fresh_s=policy.lost_fresh_s,
        now=now,
        kind=kind.kind,
    )


def _quiet(finding: Finding, policy: Policy, evidence: Evidence) -> Finding:
    """`finding` with a pause when the metric had no fresh evidence for long above 0 %. Too few samples are evidence."""
    if finding.verdict is not Verdict.NO_DATA or not {Code.MISSING, Code.STALE} & set(finding.codes):
        return finding
    kinds = [each for each in evidence.kinds if finding.kind in (None, each.kind)]
    if not any(map(_on_stream, kinds)):
        return finding
    begun = [finite(each.began_at) for each in kinds]
    times = [finding.at, finite(evidence.collected_since), *begun]
    known = [at for at in times if at is not None and at <= evidence.now + SKEW_S]
    if known and evidence.now - max(known) < policy.quiet_s:
        return finding
    return replace(finding, action=Action.PAUSE, codes=(*finding.codes, Code.QUIET))


def _since(kind: KindEvidence) -> float:
    confirmed = finite(kind.confirmed_at)
    return confirmed if confirmed is not None else finite(kind.began_at) or 0.0


def _on_stream(kind: KindEvidence) -> bool:
    # A share that nobody knows may be any: only a known 0 is none.
    share = finite(kind.percentage)
    return share is None or share > 0


def _any_on_stream(evidence: Evidence) -> bool:
    return any(map(_on_stream, evidence.kinds))


def _any_on_legacy(evidence: Evidence) -> bool:
    shares = [finite(kind.percentage) for kind in evidence.kinds]
    return not shares or any(share is None or share < 100 for share in shares)

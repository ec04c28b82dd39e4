"""Every reason that the evidence gives not to advance."""

from collections.abc import Iterator, Sequence

from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Evidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.flapping import needs_person
from rollout.guardrails.judgement import Block, Stage
from rollout.guardrails.numbers import finite
from rollout.guardrails.verdicts import Verdict


def blocks(evidence: Evidence, findings: Sequence[Finding]) -> tuple[Block, ...]:
    """In the order of evaluation; empty only when every finding passes."""
    return tuple(sorted(_found(evidence, findings), key=lambda block: block.stage))


def _found(evidence: Evidence, findings: Sequence[Finding]) -> Iterator[Block]:
    if needs_person(evidence):
        yield Block(Stage.PERSON, Code.NEEDS_PERSON)
    for kind in evidence.kinds:
        if finite(kind.confirmed_at) is None:
            yield Block(Stage.EPOCH, Code.EPOCH, kind=kind.kind)
    for finding in findings:
        if finding.verdict is not Verdict.PASS:
            code = finding.codes[0] if finding.codes else None
            yield Block(_stage(finding), code, finding.metric, finding.kind, finding.path)


def _stage(finding: Finding) -> Stage:
    if finding.verdict is Verdict.ACT:
        return Stage.ACT
    if finding.verdict is Verdict.NO_DATA:
        return Stage.SAMPLES if Code.TOO_FEW in finding.codes else Stage.FRESH
    return Stage.INTERVAL if Code.RECOVERING in finding.codes else Stage.HOLD

"""What was done: changes of a share, ways back, decisions, backups."""

from typing import Any

from rollout.models import Backup, Change, Decision, Rollback


def change(row: Change) -> dict[str, Any]:
    """One change of a route."""
    return {
        "kind": row.kind,
        "epoch": row.epoch,
        "from": row.from_percentage,
        "to": row.to_percentage,
        "mirror_from": row.from_mirror,
        "mirror_to": row.to_mirror,
        "source": row.source,
        "actor": row.actor,
        "reason": row.reason,
        "at": row.created_at,
    }


def rollback(row: Rollback) -> dict[str, Any]:
    """One way back and how far it is."""
    return {
        "id": row.pk,
        "plan": row.plan_id,
        "strategy": row.strategy,
        "kinds": row.kinds,
        "target": row.target,
        "before": row.before,
        "status": row.status,
        "active": bool(row.active),
        "source": row.source,
        "actor": row.actor,
        "reason": row.reason,
        "forced": row.forced,
        "requested_at": row.requested_at,
        "lowered_at": row.lowered_at,
        "effective_at": row.effective_at,
        "drained_at": row.drained_at,
        "verified_at": row.verified_at,
        "in_stream": row.in_stream,
        "outcome": row.outcome,
        "facts": row.facts,
    }


def decision(row: Decision) -> dict[str, Any]:
    """One evaluation of the controller, with everything that went in."""
    return {
        "id": row.pk,
        "at": row.created_at,
        "plan": row.plan_id,
        "step": row.step_id and row.step.position if row.step else None,
        "policy": row.policy.version,
        "verdict": row.verdict,
        "action": row.action,
        "blocked_by": row.blocked_by,
        "outcome": row.outcome,
        "judgement": row.judgement,
        "evidence": row.evidence,
    }


def backup(row: Backup) -> dict[str, Any]:
    """One backup; it counts only once it is *verified*."""
    return {
        "id": row.pk,
        "event": row.event,
        "status": row.status,
        "path": row.path,
        "sha256": row.sha256,
        "size": row.size,
        "counts": row.counts,
        "actor": row.actor,
        "reason": row.reason,
        "error": row.error,
        "created_at": row.created_at,
        "verified_at": row.verified_at,
    }

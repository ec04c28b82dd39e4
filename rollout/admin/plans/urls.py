"""Addresses of the pages about plans."""

from django.urls import reverse


def page_url(plan_id: int | None) -> str:
    """The page of a plan; without one, the list."""
    if plan_id is None:
        return reverse("admin:rollout_plan_changelist")
    return reverse("admin:rollout_plan_change", args=[plan_id])


def action_url(plan_id: int, action: str) -> str:
    """Where the button of `action` leads."""
    if action == "rollback":
        return f"{reverse('admin:rollout_rollback_ask')}?plan={plan_id}"
    return reverse(f"admin:rollout_plan_{action}", args=[plan_id])

"""The local operator: the user as whom requests act that come through the loopback door."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import transaction

NAME = "local"

# What the groups operator and approver may do (migrations 0006, 0009, 0010), and no more: no users, no health data.
PERMISSIONS = frozenset(
    {f"rollout.view_{model}" for model in (
        "acknowledgement", "approval", "backup", "change", "check", "checkfinding", "decision", "guardrailpolicy",
        "lease", "pause", "pin", "plan", "repair", "rollback", "route", "signature", "step", "transition",
    )}
    | {f"rollout.{codename}" for codename in (
        "add_plan", "change_plan", "submit_plan", "approve_plan", "start_plan", "pause_plan", "resume_plan",
        "advance_plan", "complete_plan", "cancel_plan", "roll_back", "change_route", "add_pin", "change_pin",
        "delete_pin", "add_acknowledgement", "add_check", "repair_records", "add_backup", "change_backup",
        "restore_backup", "add_signature", "add_guardrailpolicy",
    )}
    | {f"streaming.view_{model}" for model in ("consumerchange", "consumercount", "deadletter")}
    | {f"monitoring.view_{model}" for model in ("alert", "channel", "delivery", "silence")}
    | {f"monitoring.{codename}" for codename in (
        "acknowledge_alert", "add_silence", "change_silence", "delete_silence", "add_channel", "change_channel",
        "delete_channel", "test_channel",
    )}
    | {"streaming.settle_deadletter", "streaming.change_consumercount", "admin.view_logentry"}
)  # fmt: skip


def operator() -> User | None:
    """The local operator, made when there is none. None when that name belongs to a person who can log in, or when
    somebody has made it inactive: the door is shut then."""
    found = User.objects.filter(username=NAME).first() or make()
    return None if found.has_usable_password() or not found.is_active else found


@transaction.atomic
def make() -> User:
    """The row, without a password that could ever match, and with exactly PERMISSIONS."""
    user, made = User.objects.get_or_create(username=NAME, defaults={"password": "!"})
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    if not user.has_usable_password():
        user.user_permissions.set(
            permission
            for permission in Permission.objects.filter(
                content_type__app_label__in=["admin", "monitoring", "rollout", "streaming"]
            ).select_related("content_type")
            if f"{permission.content_type.app_label}.{permission.codename}" in PERMISSIONS
        )
    return user


def create(**kwargs: Any) -> None:
    """After each migrate of the embedded default: the local operator, with what this version lets it do."""
    if settings.EMBEDDED:
        make()

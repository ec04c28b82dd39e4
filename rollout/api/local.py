"""The local operator: the user as whom requests act that come through the loopback door."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import transaction

from rollout.plans.actions import ACTIONS

NAME = "local"

# What an operator and an approver may do, and no more: no users, no dead letters, no health data.
PERMISSIONS = frozenset(
    {action.permission for action in ACTIONS.values()}
    | {
        "rollout.view_route", "rollout.change_route", "rollout.view_change", "rollout.view_plan", "rollout.add_plan",
        "rollout.view_decision", "rollout.view_rollback", "rollout.view_backup", "rollout.add_backup",
        "rollout.restore_backup", "streaming.view_consumercount", "streaming.change_consumercount",
    }
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
                content_type__app_label__in=["rollout", "streaming"]
            ).select_related("content_type")
            if f"{permission.content_type.app_label}.{permission.codename}" in PERMISSIONS
        )
    return user


def create(**kwargs: Any) -> None:
    """After each migrate of the embedded default: the local operator, with what this version lets it do."""
    if settings.EMBEDDED:
        make()

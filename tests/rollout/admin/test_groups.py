"""The groups of the migration."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection

from rollout.plans.actions import ACTIONS

groups_of = import_module("rollout.migrations.0006_groups")
checks_of = import_module("rollout.migrations.0009_groups_of_checks")
alerts_of = import_module("rollout.migrations.0010_groups_of_alerts")
EDITOR: Any = SimpleNamespace(connection=connection)

pytestmark = pytest.mark.usefixtures("groups")


def permissions(name: str) -> set[str]:
    found = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def test_who_approves_does_not_drive_and_who_drives_does_not_approve() -> None:
    operator, approver, viewer = permissions("operator"), permissions("approver"), permissions("viewer")
    assert "rollout.approve_plan" in approver - operator
    assert "rollout.add_guardrailpolicy" in approver - operator
    assert "rollout.start_plan" in operator - approver
    assert "rollout.roll_back" in operator & approver
    assert {"rollout.add_check", "rollout.repair_records", "rollout.add_acknowledgement"} <= operator - approver
    assert {"monitoring.test_channel", "monitoring.add_silence", "monitoring.change_channel"} <= operator - approver
    assert "monitoring.acknowledge_alert" in operator & approver
    assert all(name.partition(".")[2].startswith("view_") for name in viewer)
    assert viewer < operator
    assert viewer < approver


def test_every_action_of_a_plan_belongs_to_a_group() -> None:
    given = permissions("operator") | permissions("approver")
    assert {action.permission for action in ACTIONS.values()} <= given


def test_no_group_sees_health_data() -> None:
    for name in groups_of.GROUPS:
        found = permissions(name)
        assert "streaming.view_payload" not in found
        assert not [each for each in found if each.startswith("ingest.")]


def test_making_them_again_changes_nothing_and_keeps_what_was_added() -> None:
    Group.objects.get(name="viewer").permissions.add(*Group.objects.get(name="operator").permissions.all())
    before = {name: permissions(name) for name in groups_of.GROUPS}
    config = apps.get_app_config("rollout")
    kept = {label: apps.get_app_config(label).models_module for label in groups_of.WATCHED}
    groups_of.make(apps, EDITOR)
    for label, models in kept.items():
        apps.get_app_config(label).models_module = models
    assert config.models_module is not None
    assert {name: permissions(name) for name in groups_of.GROUPS} == before


def test_undoing_them_takes_the_permissions_and_leaves_a_group_with_members() -> None:
    Group.objects.get(name="operator").user_set.add(User.objects.create_user("zhang"))
    alerts_of.unmake(apps, EDITOR)
    checks_of.unmake(apps, EDITOR)
    groups_of.unmake(apps, EDITOR)
    assert list(Group.objects.filter(name__in=groups_of.GROUPS).values_list("name", flat=True)) == ["operator"]
    assert permissions("operator") == set()

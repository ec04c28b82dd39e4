"""Groups as the migration makes them, and parts that are not under test."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

import ljwx.urls  # noqa: F401 - loads every real part before a test puts another in its place
from rollout.models import Plan
from rollout.plans import drafting, templates

groups_of = import_module("rollout.migrations.0006_groups")
checks_of = import_module("rollout.migrations.0009_groups_of_checks")
alerts_of = import_module("rollout.migrations.0010_groups_of_alerts")


@pytest.fixture
def groups(db: None) -> None:
    """A test that empties the database takes the groups with it."""
    editor: Any = SimpleNamespace(connection=connection)
    kept = {label: apps.get_app_config(label).models_module for label in groups_of.WATCHED}
    groups_of.make(apps, editor)
    checks_of.make(apps, editor)
    alerts_of.make(apps, editor)
    for label, models in kept.items():
        apps.get_app_config(label).models_module = models


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], None]:
    """Puts what a part is to do in the place of what the real one does."""

    def put(part: ModuleType) -> None:
        real = import_module(part.__name__)
        for name, value in vars(part).items():
            if not name.startswith("__"):
                monkeypatch.setattr(real, name, value)

    return put


@pytest.fixture
def plan(db: None) -> Plan:
    """A draft of the fast template by *li*."""
    return drafting.create(name="autumn", steps=templates.TEMPLATES["fast"], actor="li")

"""Every list and every page of a row opens, with a row of each model that the admin knows."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse
from django.utils import timezone

from tests.rollout.admin import people

pytestmark = pytest.mark.usefixtures("groups", "redis")

# The first that fits: each is a kind of its own before what it derives from.
VALUES: tuple[tuple[Any, Any], ...] = (
    (models.DateTimeField, timezone.now),
    (models.DateField, date.today),
    (models.BooleanField, lambda: False),
    (models.DecimalField, lambda: Decimal(1)),
    (models.FloatField, lambda: 1_790_000_000.5),
    (models.IntegerField, lambda: 1),
    (models.JSONField, dict),
    (models.BinaryField, lambda: b"{}"),
    (models.UUIDField, uuid.uuid4),
    (models.CharField, lambda: "x"),
    (models.TextField, lambda: "x"),
)
# A plan is active or over, and the first status is neither; it moves something.
RATHER: dict[str, dict[str, Any]] = {"rollout.plan": {"active": None, "kinds": ["health"]}}


def value(field: Any) -> Any:
    """Something that `field` can hold."""
    if field.choices:
        return field.flatchoices[0][0]
    if field.is_relation:
        return field.related_model.objects.first() or make(field.related_model)
    return next(give for kind, give in VALUES if isinstance(field, kind))()


def make(model: type[models.Model]) -> models.Model:
    """A row of `model` with a value in each of its columns."""
    given = {
        field.name: value(field)
        for field in model._meta.concrete_fields
        if not field.primary_key or not isinstance(field, models.AutoField)
    }
    row = model(**{**given, **RATHER.get(model._meta.label_lower, {})})
    row.save()
    return row


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_its_list_and_its_row_open(model: type[models.Model]) -> None:
    root = people.client(superuser=True)
    row = model._default_manager.first() if model is User else make(model)
    assert row is not None
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    shown = root.get(reverse(f"{name}_changelist"))
    assert shown.status_code == 200
    assert list(shown.context["cl"].result_list) != []
    assert root.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200

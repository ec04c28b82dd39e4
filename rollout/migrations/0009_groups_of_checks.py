"""What the groups *viewer*, *operator* and *approver* may do with checks and repairs."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWER = {"view_acknowledgement", "view_check", "view_checkfinding", "view_repair"}
OPERATOR = VIEWER | {"add_acknowledgement", "add_check", "repair_records"}
GROUPS = {"viewer": VIEWER, "operator": OPERATOR, "approver": VIEWER}


def make(apps: Any, schema_editor: Any) -> None:
    """Give the groups that are there what they lack. Permissions are made first: Django makes them only after the last
    migration."""
    config = apps.get_app_config("rollout")
    kept, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    config.models_module = kept
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        found = Permission.objects.filter(content_type__app_label="rollout", codename__in=GROUPS[group.name])
        if missing := GROUPS[group.name] - set(found.values_list("codename", flat=True)):
            raise LookupError(f"no permissions {sorted(missing)} in rollout")
        group.permissions.add(*found)


def unmake(apps: Any, schema_editor: Any) -> None:
    """Take the permissions back."""
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(
            *group.permissions.filter(content_type__app_label="rollout", codename__in=GROUPS[group.name])
        )


class Migration(migrations.Migration):

    dependencies = [
        ("rollout", "0008_checks_asked"),
    ]

    operations = [migrations.RunPython(make, unmake)]

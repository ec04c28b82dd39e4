"""What the groups *viewer*, *operator* and *approver* may do with alerts, silences and channels."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWER = {"view_alert", "view_channel", "view_delivery", "view_silence"}
OPERATOR = VIEWER | {
    "acknowledge_alert", "add_silence", "change_silence", "delete_silence", "add_channel", "change_channel",
    "delete_channel", "test_channel",
}
GROUPS = {"viewer": VIEWER, "operator": OPERATOR, "approver": VIEWER | {"acknowledge_alert"}}


def make(apps: Any, schema_editor: Any) -> None:
    """Give the groups that are there what they lack. Permissions are made first: Django makes them only after the last
    migration."""
    config = apps.get_app_config("monitoring")
    kept, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    config.models_module = kept
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        found = Permission.objects.filter(content_type__app_label="monitoring", codename__in=GROUPS[group.name])
        if missing := GROUPS[group.name] - set(found.values_list("codename", flat=True)):
            raise LookupError(f"no permissions {sorted(missing)} in monitoring")
        group.permissions.add(*found)


def unmake(apps: Any, schema_editor: Any) -> None:
    """Take the permissions back."""
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(
            *group.permissions.filter(content_type__app_label="monitoring", codename__in=GROUPS[group.name])
        )


class Migration(migrations.Migration):

    dependencies = [
        ("rollout", "0009_groups_of_checks"),
        ("monitoring", "0004_alerts"),
    ]

    operations = [migrations.RunPython(make, unmake)]

"""The groups *viewer*, *operator* and *approver* with what they may do. Health data is in none of them: who may see the
payload of a dead letter or a record table is given that by name."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

WATCHED = {
    "admin": ("logentry",),
    "rollout": (
        "approval", "backup", "change", "decision", "guardrailpolicy", "lease", "pause", "pin", "plan", "rollback",
        "route", "signature", "step", "transition",
    ),
    "streaming": ("consumerchange", "consumercount", "deadletter"),
}
VIEWER = {app: {f"view_{model}" for model in models} for app, models in WATCHED.items()}
OPERATOR = {
    "rollout": {
        "add_plan", "change_plan", "submit_plan", "start_plan", "pause_plan", "resume_plan", "advance_plan",
        "complete_plan", "cancel_plan", "roll_back", "change_route", "add_pin", "change_pin", "delete_pin",
        "add_backup", "change_backup", "restore_backup", "add_signature",
    },
    "streaming": {"settle_deadletter", "change_consumercount"},
}
# Who drives does not choose the guardrails too. Anybody who is trusted with the share may lower it.
APPROVER = {"rollout": {"approve_plan", "pause_plan", "roll_back", "add_guardrailpolicy", "add_signature"}}
GROUPS = {"viewer": (VIEWER,), "operator": (VIEWER, OPERATOR), "approver": (VIEWER, APPROVER)}


def make(apps: Any, schema_editor: Any) -> None:
    """Make the groups, or give those that are there what they lack. Permissions are made first: Django makes them only
    after the last migration."""
    for label in WATCHED:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
        config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, parts in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        for part in parts:
            for label, codenames in part.items():
                found = Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
                if found.count() != len(codenames):
                    missing = codenames - set(found.values_list("codename", flat=True))
                    raise LookupError(f"no permissions {sorted(missing)} in {label}")
                group.permissions.add(*found)


def unmake(apps: Any, schema_editor: Any) -> None:
    """Take the permissions back; a group with members stays, as who is in it is known nowhere else."""
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        for part in GROUPS[group.name]:
            for label, codenames in part.items():
                group.permissions.remove(
                    *group.permissions.filter(content_type__app_label=label, codename__in=codenames)
                )
        if not group.user_set.exists() and not group.permissions.exists():
            group.delete()


class Migration(migrations.Migration):

    dependencies = [
        ("rollout", "0005_api_token"),
        ("streaming", "0004_fill_fingerprints"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, unmake)]

"""`manage.py bootstrap`: what `bin/up` does in the database at each start."""

import getpass
import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from rollout import backups
from rollout.models import Backup


class Command(BaseCommand):
    help = (
        "The user admin when there is no superuser yet, and a backup unless a verified one is younger than 24 hours."
        " The last line is one JSON object: path, verified, made (just now), error. A failed backup is no failure."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("first_admin")
        now = timezone.now()
        row = backups.ensure_recent(event=backups.unique_event("start"), actor=getpass.getuser())
        verified = row.status == Backup.Status.VERIFIED
        told = {"path": row.path, "verified": verified, "made": row.created_at >= now, "error": row.error}
        self.stdout.write(json.dumps(told))

"""`manage.py first_admin`: somebody must be able to log in."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

NAME = "admin"


class Command(BaseCommand):
    help = "Makes the user admin with a random password, kept in the data folder, when there is no superuser yet."

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists() or users.filter(username=NAME).exists():
            return
        password = secrets.token_urlsafe(12)
        path = settings.VAR_DIR / "admin_password"
        with transaction.atomic():
            users.create_superuser(username=NAME, password=password)
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(f"{password}\n")

"""`manage.py api_token`: tokens with which programs call the API."""

import argparse
import getpass
import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.models import ApiToken
from rollout.models.token import LONGEST_DAYS


def days(text: str) -> int:
    """1 to 366 days."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {LONGEST_DAYS} days")
    return int(text)


class Command(BaseCommand):
    help = (
        "Tokens of programs. Example: manage.py api_token create ci --days 30 --note 'deployment'; "
        'then curl -H "Authorization: Bearer TOKEN". A token may do what its user may.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a token and print it; it can not be shown again")
        create.add_argument("user", help="as whom it acts")
        create.add_argument("--days", type=days, required=True, help=f"how long it lives, 1 to {LONGEST_DAYS}")
        create.add_argument("--note", required=True, help="which program uses it")
        listed = verbs.add_parser("list", help="the tokens that live, of one user or of all")
        listed.add_argument("user", nargs="?")
        revoke = verbs.add_parser("revoke", help="end a token, or all of a user")
        revoke.add_argument("user")
        revoke.add_argument("--key", help="the first characters, as `list` shows them; all tokens when left out")
        for each in (create, listed, revoke):
            each.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        user = _user(options["user"]) if options["user"] else None
        rows: list[dict[str, Any]] = getattr(self, f"_{options['verb']}")(user, options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write("  ".join(str(value) for value in row.values()))

    def _create(self, user: User, options: dict[str, Any]) -> list[dict[str, Any]]:
        note = options["note"].strip()
        if not 1 <= len(note) <= 100:
            raise CommandError(_("A note has 1 to 100 characters."), returncode=2)
        row, token = ApiToken.objects.create(
            user=user, expiry=timedelta(days=options["days"]), note=note, created_by=getpass.getuser()
        )
        return [{"token": token, "expires": row.expiry.isoformat()}]

    def _list(self, user: User | None, options: dict[str, Any]) -> list[dict[str, Any]]:
        rows = ApiToken.objects.select_related("user").filter(expiry__gt=timezone.now()).order_by("user", "expiry")
        return [_shown(row) for row in (rows.filter(user=user) if user else rows)]

    def _revoke(self, user: User, options: dict[str, Any]) -> list[dict[str, Any]]:
        rows = ApiToken.objects.select_related("user").filter(user=user)
        ended = list(rows.filter(token_key=options["key"]) if options["key"] else rows)
        if not ended:
            raise CommandError(_("There is no such token."))
        for row in ended:
            row.delete()
        return [_shown(row) for row in ended]


def _user(name: str) -> User:
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist as error:
        raise CommandError(_("There is no user %s.") % name, returncode=2) from error


def _shown(row: ApiToken) -> dict[str, Any]:
    return {
        "key": row.token_key,
        "user": row.user.get_username(),
        "expires": row.expiry.isoformat(),
        "note": row.note,
        "made_by": row.created_by,
    }

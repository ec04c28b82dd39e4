"""`manage.py dead_letters`: why dead letters are dead, one line a cause."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streaming import reasons, registry
from streaming.models import DeadLetter
from streaming.reasons import Group


class Command(BaseCommand):
    help = (
        "List the groups of dead letters, the largest first: fingerprint, count, devices, first and last, reason. "
        "Example: manage.py dead_letters --format json; then replay_dead_letters --fingerprint … --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", default="", help="groups of this kind: health, device or event")
        parser.add_argument("--state", choices=DeadLetter.State.values, default=DeadLetter.State.OPEN)
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            kind = registry.get(options["kind"]).name if options["kind"] else ""
        except registry.UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        groups = reasons.groups(options["state"], kind=kind)
        if options["format"] == "json":
            self.stdout.write(json.dumps([self._plain(group) for group in groups], ensure_ascii=False))
            return
        if not groups:
            self.stdout.write(_("No dead letter."))
        for group in groups:
            self.stdout.write(self._line(group))

    def _plain(self, group: Group) -> dict[str, Any]:
        times = {name: timezone.localtime(getattr(group, name)).isoformat() for name in ("first", "last")}
        return {**asdict(group), "reason": group.reason, **times}

    def _line(self, group: Group) -> str:
        first, last = (f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" for at in (group.first, group.last))
        count = f"{group.count}{'+' if group.more else ''}"
        devices = ngettext("%d device", "%d devices", group.devices) % group.devices
        return f"{group.fingerprint}  {count:>6}  {devices}  {first} – {last}  {group.kind}: {group.reason}"

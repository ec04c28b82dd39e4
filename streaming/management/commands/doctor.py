"""`manage.py doctor`: is Redis safe for the stream path, and if not, what mends it."""

import json
from dataclasses import asdict
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ljwx.redis import client
from streaming import registry, safety
from streaming.safety import Finding


class Command(BaseCommand):
    help = "Check everything the stream path needs of Redis, with the mend for each. Exit 10 when it is unsafe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        connection = client("control")
        try:
            findings = [*safety.examine(connection), *(self._group(connection, kind) for kind in registry.kinds())]
        except redis.RedisError as error:
            raise CommandError(
                _("Redis does not answer at %(url)s: %(error)s") % {"url": settings.REDIS_URL, "error": error},
                returncode=3,
            ) from error
        unsafe = [finding for finding in findings if finding.closes and not finding.ok]
        if options["format"] == "json":
            self.stdout.write(json.dumps({"safe": not unsafe, "findings": [asdict(f) for f in findings]}))
        else:
            self._print(findings, unsafe)
        if unsafe:
            raise SystemExit(10)

    def _group(self, connection: redis.Redis, kind: registry.Kind) -> Finding:
        try:
            names = [group["name"].decode() for group in connection.xinfo_groups(kind.stream)]
        except redis.ResponseError as error:
            names = []
            if "no such key" not in str(error).lower():
                return Finding(kind.stream, False, True, str(error), _("The key is no stream: rename or delete it."))
        return Finding(
            kind.stream, kind.group in names, False, ", ".join(names) or _("no group"), "manage.py run_consumers"
        )

    def _print(self, findings: list[Finding], unsafe: list[Finding]) -> None:
        for finding in findings:
            state = _("unknown") if finding.ok is None else _("ok") if finding.ok else _("NOT OK")
            line = f"{state:8} {finding.name}: {finding.value}"
            self.stdout.write(line if finding.ok else f"{line}   → {finding.mend}")
        self.stdout.write(
            _("The stream path stays closed: %s") % ", ".join(finding.name for finding in unsafe)
            if unsafe
            else _("The stream path is safe.")
        )

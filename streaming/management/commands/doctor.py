"""`manage.py doctor`: is Redis safe for the stream path, is an alarm standing, was anything lost."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx.redis import client, says_missing
from monitoring import alarms
from monitoring.alarms import Alarm
from streaming import losses, registry, safety
from streaming.safety import Finding


class Command(BaseCommand):
    help = (
        "Check everything the stream path needs of Redis, with the mend for each; show standing alarms and lost "
        "entries. Exit 10 when it is unsafe or entries were lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        connection = client("control")
        try:
            findings = [*safety.examine(connection), *(self._group(connection, kind) for kind in registry.kinds())]
            standing, lost = alarms.standing(), losses.counted(connection)
        except redis.RedisError as error:
            raise CommandError(
                _("Redis does not answer at %(url)s: %(error)s") % {"url": settings.REDIS_URL, "error": error},
                returncode=3,
            ) from error
        unsafe = [finding for finding in findings if finding.closes and not finding.ok]
        if options["format"] == "json":
            report = {"safe": not unsafe, "findings": findings, "alarms": standing, "lost": lost}
            self.stdout.write(json.dumps(report, default=asdict))
        else:
            self._print(findings, unsafe)
            self._print_trouble(standing, lost)
        if unsafe or lost:
            raise SystemExit(10)

    def _group(self, connection: redis.Redis, kind: registry.Kind) -> Finding:
        try:
            names = [group["name"].decode() for group in connection.xinfo_groups(kind.stream)]
        except redis.ResponseError as error:
            names = []
            if not says_missing(error):
                return Finding(kind.stream, False, True, str(error), _("The key is no stream: rename or delete it."))
        return Finding(
            kind.stream, kind.group in names, False, ", ".join(names) or _("no group"), "manage.py run_consumers"
        )

    def _print(self, findings: list[Finding], unsafe: list[Finding]) -> None:
        for finding in findings:
            state = _("unknown") if finding.ok is None else _("ok") if finding.ok else _("NOT OK")
            line = f"{state:8} {finding.name}: {_(finding.value)}"
            self.stdout.write(line if finding.ok else f"{line}   → {_(finding.mend)}")
        self.stdout.write(
            _("The stream path stays closed: %s") % ", ".join(finding.name for finding in unsafe)
            if unsafe
            else _("The stream path is safe.")
        )

    def _print_trouble(self, standing: list[Alarm], lost: dict[str, int]) -> None:
        for alarm in standing:
            since = timezone.localtime(datetime.fromtimestamp(alarm.since, UTC))
            self.stdout.write(
                _("ALARM %(name)s since %(since)s: %(text)s")
                % {"name": alarm.name, "since": f"{since:%Y-%m-%d %H:%M:%S}", "text": alarm.text}
            )
        for kind, count in lost.items():
            self.stdout.write(
                _("LOST %(kind)s: %(count)d entries were deleted before they were stored")
                % {"kind": kind, "count": count}
                + f'   → manage.py acknowledge_losses --kind {kind} --reason "..."'
            )

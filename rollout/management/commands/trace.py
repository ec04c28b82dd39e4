"""`manage.py trace`: where the uploads of a device went."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from ljwx.management.arguments import DAY_MINUTES, minutes
from rollout.tracing import Trace, trace, words
from rollout.tracing.plain import plain
from rollout.tracing.tracing import Row, Upload
from streaming.management.letters import moment

MOST = 100


class Command(BaseCommand):
    help = (
        "Show where the last uploads of a device went: path and why, entry, row or dead letter, with times."
        " Example: manage.py trace TEST001 --at '2026-09-15 12:00:00'. Without --values no health data is shown."
        " Exit 1 when nothing is known of the device, 3 when the database or Redis does not answer, 10 when a record is"
        " in no account."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("serial", help="exactly as the device sends it")
        parser.add_argument("--at", type=moment, metavar="TIME", help="around this time; before now when left out")
        parser.add_argument("--minutes", type=minutes(most=DAY_MINUTES), default=10, help="before and after it (10)")
        parser.add_argument("--limit", type=_count, default=10, help=f"uploads of each kind, 1 to {MOST} (10)")
        parser.add_argument("--values", action="store_true", help="show what records hold: health data")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            found = trace(options["serial"], at=options["at"], minutes=options["minutes"], most=options["limit"])
        except Error as error:
            raise CommandError(_("The database does not answer: nothing is known."), returncode=3) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(plain(found, values=options["values"]), default=str, ensure_ascii=False))
        else:
            self._print(found, values=options["values"])
        if code := _code(found):
            raise SystemExit(code)

    def _print(self, found: Trace, *, values: bool) -> None:
        for route in found.routes:
            self.stdout.write(f"{route.kind} → {route.path}: {route.why}")
        for upload in found.uploads:
            self._upload(upload, values=values)
        for row in found.rows:
            self._row(row, values=values)
        for letter in found.letters:
            self.stdout.write(
                f"{words.second(letter.received_at)}  {letter.kind}  "
                + _("dead letter %(number)d (%(state)s): %(reason)s")
                % {
                    "number": letter.pk,
                    "state": letter.get_state_display(),
                    "reason": words.reason(letter, values=values),
                }
            )
        if not found.is_known:
            self.stdout.write(_("Nothing is known of this device at that time."))
        for gap in words.gaps(found):
            self.stdout.write(f"({gap})")

    def _upload(self, upload: Upload, *, values: bool) -> None:
        why = f": {upload.then.why}" if upload.then else ""
        self.stdout.write(
            f"{words.exact(upload.received_ms)}  {words.of_kind(upload)}  {upload.path}, "
            + _("epoch %(epoch)d%(why)s") % {"epoch": upload.epoch, "why": why}
        )
        entry = {"entry": upload.entry, "state": words.of_standing(upload.standing)}
        self.stdout.write("    " + _("entry %(entry)s: %(state)s") % entry)
        for record in upload.records:
            shown = f"  {words.held(record.values)}" if values else ""
            text = words.of_record(record, values=values, is_copy=upload.is_copy)
            self.stdout.write(f"    {record.kind} {words.second(record.time_s)}  {text}{shown}")

    def _row(self, row: Row, *, values: bool) -> None:
        shown = f"  {words.held(row.values)}" if values else ""
        written = _("row of %(time)s, written %(written)s") % {
            "time": words.second(row.time_s), "written": words.second(row.written_s),
        }  # fmt: skip
        self.stdout.write(f"{words.second(row.time_s)}  {row.kind}  {written}{shown}")
        why = f": {row.then.why}" if row.then else ""
        self.stdout.write(f"    {words.of_row(row)}{why}")


def _count(text: str) -> int:
    """How many uploads, for argparse."""
    number = int(text)
    if not 1 <= number <= MOST:
        raise ValueError(text)
    return number


def _code(found: Trace) -> int:
    if found.missing:
        return 10
    if found.silent:
        return 3
    return 0 if found.is_known else 1

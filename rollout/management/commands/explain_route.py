"""`manage.py explain_route`: why a device goes where it goes."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.explaining import Explanation, explain


class Command(BaseCommand):
    help = "Show why the uploads of a device go where they go. Example: manage.py explain_route TEST001 --kind health"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("serial", help="exactly as the device sends it")
        parser.add_argument("--kind", action="append", help="health, device or event; all when left out")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            found = explain(options["serial"], kinds=options["kind"])
        except Error as error:
            raise CommandError(_("The database does not answer: nothing is known."), returncode=3) from error
        if missing := set(options["kind"] or ()) - {each.kind for each in found}:
            raise CommandError(_("no route for %s") % ", ".join(sorted(missing)), returncode=2)
        if options["format"] == "json":
            self.stdout.write(json.dumps([asdict(each) for each in found], default=str))
            return
        for each in found:
            self._print(each)

    def _print(self, each: Explanation) -> None:
        self.stdout.write(f"{each.kind} → {each.path}: {each.why}")
        lines = [
            _("bucket %(bucket)d under salt %(salt)s, share %(share)s %%, epoch %(epoch)d")
            % {"bucket": each.bucket, "salt": each.salt, "share": each.percentage, "epoch": each.epoch},
        ]
        if each.mirror_percentage:
            text = _("mirrored") if each.mirrored else _("not mirrored")
            facts = {"text": text, "bucket": each.mirror_bucket, "share": each.mirror_percentage}
            lines.append(_("%(text)s: bucket %(bucket)d for mirroring, mirrored share %(share)s %%") % facts)
        if each.pin is not None:
            until = f"{timezone.localtime(each.pin.expires_at):%Y-%m-%d %H:%M:%S}"
            text = (
                _("pinned to %(path)s until %(until)s")
                if each.pin.in_force
                else _("was pinned to %(path)s until %(until)s")
            )
            lines.append(text % {"path": each.pin.path, "until": until})
        if each.override is not None:
            lines.append(_("override: %s %%") % each.override)
        lines.append(_("stream: %s") % (_("open") if each.gate == "open" else each.gate))
        if each.breaker_open:
            lines.append(_("Redis did not answer this process a moment ago"))
        if each.others:
            lines.append(_("other web processes go otherwise for now: %s") % ", ".join(each.others))
        for line in lines:
            self.stdout.write(f"    {line}")

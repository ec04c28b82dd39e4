"""`manage.py plan`: making plans, and what people do to them."""

import getpass
import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout import checklists
from rollout.backups.errors import BackupError
from rollout.management import plans as arguments
from rollout.models import Plan
from rollout.plans import drafting, starting, telling, transitions
from rollout.plans.errors import Conflict, Invalid, NotReady

MOST_LISTED = 50
# Those whose history must say why.
REASONED = ("approve", "pause", "resume", "complete", "cancel")
DOING: dict[str, Callable[..., Plan]] = {
    "submit": transitions.submit,
    "approve": transitions.approve,
    "start": starting.start,
    "pause": transitions.pause,
    "resume": transitions.resume,
    "advance": transitions.advance,
    "complete": transitions.complete,
    "cancel": transitions.cancel,
}


class Command(BaseCommand):
    help = (
        "Make plans that move the share step by step, and act on them. Example: manage.py plan create --name autumn "
        '--template three-phase; manage.py plan approve 3 --reason "read it". Exit 4 when its status forbids it.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        arguments.add_creation(actions.add_parser("create", help="a new draft"))
        listing = actions.add_parser("list", help="the newest plans")
        listing.add_argument("--format", choices=["text", "json"], default="text")
        for name in ("show", *DOING):
            each = actions.add_parser(name, help=_("with its checklists") if name == "show" else None)
            each.add_argument("plan", type=int, metavar="PLAN", help="its number")
            if name == "show":
                each.add_argument("--format", choices=["text", "json"], default="text")
                continue
            each.add_argument("--version", type=int, dest="seen", help="the version that you were looking at")
            arguments.add_common(each, needs_reason=name in REASONED)

    def handle(self, **options: Any) -> None:
        try:
            self._act(options["action"], options)
        except Plan.DoesNotExist as error:
            raise CommandError(_("There is no plan %d.") % options["plan"], returncode=2) from error
        except Invalid as error:
            raise CommandError(str(error), returncode=2) from error
        except Conflict as error:
            blocked_by = list(error.blocked_by) if isinstance(error, NotReady) else []
            if options["format"] == "json":
                told = {"error": str(error), "allowed": list(error.allowed), "blocked_by": blocked_by}
                self.stdout.write(json.dumps(told))
            lines = [str(error), *(f"  - {text}" for text in checklists.words(blocked_by))]
            raise CommandError("\n".join(lines), returncode=4) from error
        except BackupError as error:
            raise CommandError(_("No backup could be taken: %s") % error) from error
        except Error as error:
            raise CommandError(_("The database does not answer: nothing is changed."), returncode=3) from error

    def _act(self, action: str, options: dict[str, Any]) -> None:
        match action:
            case "create":
                self._create(options)
            case "list":
                self._list(options["format"])
            case "show":
                self._show(Plan.objects.get(pk=options["plan"]), options["format"])
            case _other:
                self._tell(self._do(action, options), options["format"])

    def _do(self, action: str, options: dict[str, Any]) -> Plan:
        asked = {
            "actor": options["actor"] or getpass.getuser(),
            "reason": options["reason"] or "",
            "version": options["seen"],
        }
        return DOING[action](options["plan"], **asked)

    def _create(self, options: dict[str, Any]) -> None:
        with transaction.atomic():
            plan = drafting.create(
                name=options["name"],
                steps=arguments.drafts(options),
                actor=options["actor"] or getpass.getuser(),
                kinds=options["kinds"],
                auto_execute=options["auto_execute"],
                template=options["template"] or "",
                reason=options["reason"] or "",
            )
            self._tell(plan, options["format"])
            transaction.set_rollback(options["dry_run"])

    def _list(self, form: str) -> None:
        found = list(Plan.objects.order_by("-id")[:MOST_LISTED])
        if form == "json":
            self.stdout.write(json.dumps([telling.data(plan) for plan in found]))
            return
        for plan in found:
            self.stdout.write(telling.line(plan))
        if not found:
            self.stdout.write(_("There are no plans."))

    def _show(self, plan: Plan, form: str) -> None:
        items = checklists.items(plan)
        if form == "json":
            listed = [
                {**checklists.data(item), "measured_at": item.measured_at.isoformat() if item.measured_at else None}
                for item in items
            ]
            self.stdout.write(json.dumps({**telling.data(plan), "checklists": listed}))
            return
        self._tell(plan, form)
        for item in items:
            at = f" ({timezone.localtime(item.measured_at):%H:%M:%S})" if item.measured_at else ""
            value = f": {item.value}" if item.value else ""
            self.stdout.write(f"  {item.phase:7} {item.state:8} {item.code:20} {item.text}{value}{at}")

    def _tell(self, plan: Plan, form: str) -> None:
        self.stdout.write(json.dumps(telling.data(plan)) if form == "json" else telling.text(plan))

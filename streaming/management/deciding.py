"""What the commands share by which a person lets something go on: for which kind, why, and who says so."""

import getpass
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ljwx.management.arguments import reason
from ljwx.redis import client
from streaming import registry

T = TypeVar("T", bool, int)


class Decision(BaseCommand, Generic[T]):
    """A decision on one kind: `decide` carries it out, `tell` says what it did, `field` names that in JSON.

    `more`: options of its own that `decide` takes.
    """

    decide: Callable[..., T]
    field: str
    more: Sequence[str] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", required=True, help="health, device or event")
        parser.add_argument("--reason", required=True, type=reason, help="kept in the log")
        parser.add_argument("--actor", default="", help="kept in the log (your login)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            kind = registry.get(options["kind"]).name
        except registry.UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        actor = options["actor"] or getpass.getuser()
        try:
            more = {name: options[name] for name in self.more}
            done = type(self).decide(client("control"), kind, actor=actor, reason=options["reason"], **more)
        except redis.RedisError as error:
            raise CommandError(
                _("Redis does not answer at %(url)s: %(error)s") % {"url": settings.REDIS_URL, "error": error},
                returncode=3,
            ) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps({"kind": kind, self.field: done}))
        else:
            self.stdout.write(self.tell(kind, done))

    def tell(self, kind: str, done: T) -> str:
        raise NotImplementedError

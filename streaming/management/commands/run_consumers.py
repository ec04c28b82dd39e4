"""`manage.py run_consumers`: the processes that store what the streams hold."""

import argparse
import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ljwx.redis import client
from ljwx.stopping import Stopping
from streaming import backlog, groups, registry
from streaming.consumer import Consumer
from streaming.failures import Exhausted
from streaming.registry import Kind
from streaming.slots import Slots
from streaming.supervisor import Supervisor

log = logging.getLogger(__name__)

EXHAUSTED = 10


def positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("1 to 10000")
    return number


class Command(BaseCommand):
    help = (
        "Store what the streams hold: a supervisor with consumer processes. "
        "Example: manage.py run_consumers --workers 3. SIGTERM finishes the batches and ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=positive, default=2, help="consumer processes (2)")
        parser.add_argument("--batch-size", type=positive, default=200, help="entries per read (200)")
        parser.add_argument("--kinds", default="", help="kinds to serve, comma-separated (all)")
        once = parser.add_mutually_exclusive_group()
        once.add_argument("--once", action="store_true", help="one step in this process, then end")
        once.add_argument("--drain", action="store_true", help="until nothing is undelivered or pending, then end")
        once.add_argument("--slot", default="", help=argparse.SUPPRESS)

    def handle(self, **options: Any) -> None:
        try:
            kinds = [registry.get(name) for name in options["kinds"].split(",") if name] or registry.kinds()
        except registry.UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        size = options["batch_size"]
        if options["slot"]:
            self._consumer(options["slot"], kinds, size).run(Stopping(follow_parent=True))
        elif options["once"] or options["drain"]:
            self._here(kinds, size, drain=options["drain"])
        else:
            self._supervise(kinds, size, options["workers"])

    def _consumer(self, name: str, kinds: list[Kind], size: int) -> Consumer:
        return Consumer(
            name=name,
            kinds=kinds,
            connection=client("consume"),
            batch_size=size,
            claim_idle_ms=settings.CONSUMER_CLAIM_IDLE_MS,
        )

    def _supervise(self, kinds: list[Kind], size: int, workers: int) -> None:
        stopping = Stopping()
        log.info(_("consumers: %d workers for %s"), workers, ", ".join(kind.name for kind in kinds))
        Supervisor(workers=workers, kinds=kinds, batch_size=size, connection=client("control")).run(stopping)

    def _here(self, kinds: list[Kind], size: int, *, drain: bool) -> None:
        stopping = Stopping()
        slots = Slots(client("control"))
        consumer = self._consumer(slots.take(set()), kinds, size)
        try:
            for kind in kinds:
                groups.ensure(consumer.connection, kind)
            handled = consumer.step(block_ms=0)
            while drain and not stopping.is_set() and (handled or self._rest(kinds)):
                slots.hold(consumer.name)
                if consumer.serving.stopped:
                    raise Exhausted(consumer.serving.why())
                handled = consumer.step(block_ms=0)
                if not handled:
                    stopping.wait(0.1)
        except Exhausted as error:
            raise CommandError(
                _("too many dead letters, a person must look: %s") % error, returncode=EXHAUSTED
            ) from error
        finally:
            slots.release(consumer.name)
        total = consumer.total
        self.stdout.write(f"new {total.new}, duplicates {total.duplicates}, dead {total.dead}")

    def _rest(self, kinds: list[Kind]) -> int:
        return sum(backlog.measure(kind).total for kind in kinds)

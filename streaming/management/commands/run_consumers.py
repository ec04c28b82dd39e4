"""`manage.py run_consumers`: the processes that store what the streams hold."""

import argparse
import getpass
import logging
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from ljwx import background, database, garbage
from ljwx.redis import client
from ljwx.stopping import Stopping
from monitoring import alarms, flushing, processes
from streaming import autoscaler, backlog, counts, groups, registry
from streaming.accounts import Auditor
from streaming.autoscaler import Autoscaler
from streaming.consumer import Consumer
from streaming.counts import CountConflict, OutOfRange
from streaming.failures import Exhausted
from streaming.registry import Kind
from streaming.seats import OwnSeats, Seats, SharedSeats
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
    # It serves no page: checking those would import them into each process.
    requires_system_checks = (Tags.models,)
    help = (
        "Store what the streams hold: a supervisor with consumer processes. "
        "Example: manage.py run_consumers --workers 3. SIGTERM finishes the batches and ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--workers",
            type=positive,
            metavar="N",
            help="set the number of consumers over all hosts, as scale_consumers does; left out, the number that "
            f"was set last, and {counts.DEFAULT} at first",
        )
        parser.add_argument("--started", type=float, help=argparse.SUPPRESS)
        parser.add_argument("--batch-size", type=positive, default=200, help="entries per read (200)")
        parser.add_argument(
            "--kinds", default="", help="serve only these kinds, comma-separated, with a number of one's own"
        )
        once = parser.add_mutually_exclusive_group()
        once.add_argument("--once", action="store_true", help="one step in this process, then end")
        once.add_argument("--drain", action="store_true", help="until nothing is undelivered or pending, then end")
        once.add_argument("--slot", default="", help=argparse.SUPPRESS)

    def handle(self, **options: Any) -> None:
        try:
            kinds = [registry.get(name) for name in options["kinds"].split(",") if name] or registry.consumed()
        except registry.UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        database.bound_waits()
        size = options["batch_size"]
        if options["slot"]:
            garbage.settle()
            processes.begin(processes.Role.CONSUMER)
            self._consumer(options["slot"], kinds, size).run(Stopping(follow_parent=True))
        elif options["once"] or options["drain"]:
            self._here(kinds, size, drain=options["drain"])
        else:
            self._supervise(kinds, size, options)

    def _consumer(self, name: str, kinds: list[Kind], size: int) -> Consumer:
        return Consumer(
            name=name,
            kinds=kinds,
            connection=client("consume"),
            batch_size=size,
            claim_idle_ms=settings.CONSUMER_CLAIM_IDLE_MS,
        )

    def _supervise(self, kinds: list[Kind], size: int, options: dict[str, Any]) -> None:
        stopping, connection = Stopping(), client("control")
        slots, workers = Slots(connection), options["workers"]
        seats: Seats
        if options["kinds"]:
            seats = OwnSeats(workers or counts.DEFAULT)
        else:
            if workers:
                self._begin(workers, options["started"])
            # Beside the loop: a database that hangs must not keep it from renewing its leases.
            background.start(counts.current)

            def desired() -> int:
                count = counts.current.get()
                return count.desired if count.version or not workers else workers

            seats = SharedSeats(connection, host=slots.host, token=slots.token, desired=desired)
            log.info(
                _("consumers: %d workers for %s"),
                desired(),
                ", ".join(kind.name for kind in kinds if not kind.shadow_of),
            )
        supervisor = Supervisor(seats=seats, slots=slots, kinds=kinds, batch_size=size, connection=connection)
        if options["kinds"]:
            supervisor.run(stopping)
        else:
            self._with_helpers(supervisor, stopping)

    def _begin(self, workers: int, started: float | None) -> None:
        reason = f"run_consumers --workers {workers}"
        try:
            counts.begin(workers, reason=reason, actor=getpass.getuser(), started=started)
        except OutOfRange as error:
            raise CommandError(str(error), returncode=2) from error
        except CountConflict:
            log.warning("another start has set the number of consumers at the same time, and it holds")
        except Error as error:
            log.warning("the database does not keep the number of consumers: %s", type(error).__name__)

    def _with_helpers(self, supervisor: Supervisor, stopping: Stopping) -> None:
        """Supervise with what has the time to wait for a database beside it: the auditor, the autoscaler."""
        beside: dict[str, Callable[[threading.Event], None]] = {"auditor": Auditor().run}
        if settings.CONSUMER_AUTOSCALE:
            subject = Autoscaler(kinds=registry.kinds(), connection=supervisor.connection, token=supervisor.slots.token)
            beside["autoscaler"] = subject.run
        else:
            alarms.clear(autoscaler.ALARM)
        ended = threading.Event()
        threads = [threading.Thread(target=run, args=(ended,), name=each, daemon=True) for each, run in beside.items()]
        for thread in threads:
            thread.start()
        try:
            supervisor.run(stopping)
        finally:
            ended.set()
            for thread in threads:
                thread.join(2)

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
            flushing.finish()
            slots.release(consumer.name)
        total = consumer.total
        self.stdout.write(f"new {total.new}, duplicates {total.duplicates}, dead {total.dead}")

    def _rest(self, kinds: list[Kind]) -> int:
        return sum(backlog.measure(kind).total for kind in kinds)

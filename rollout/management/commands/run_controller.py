"""`manage.py run_controller`: the process that moves plans."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from ljwx import background, database
from ljwx.stopping import Stopping
from monitoring import flushing, processes
from monitoring.alerts import delivering
from rollout import override
from rollout.alerting import loop
from rollout.controller.controller import Controller


class Command(BaseCommand):
    # It serves no page: checking those would import them into each process.
    requires_system_checks = (Tags.models,)
    help = (
        "Move plans: look, judge, decide and act once a second. Several can run, one leads. "
        "Example: manage.py run_controller. SIGTERM ends after the round and leaves the lead to another."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, **options: Any) -> None:
        database.bound_waits()
        controller = Controller()
        if options["once"]:
            controller.step()
            controller.leave()
            return
        processes.begin(processes.Role.CONTROLLER)
        background.start(override.current, flushing.flushed, loop.looked, delivering.delivered)
        controller.run(Stopping())

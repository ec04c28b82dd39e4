"""By which share a device's uploads went at a time, as the history of the routes tells it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.buckets import bucket
from rollout.models import Change, Pin, Route
from rollout.routes import LEGACY, STREAM

# Changes of a kind that are looked at, the newest.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Then:
    """The share that held. `change`: the one that set it, None when it is as old as the history; `pin`: the path that
    a pin of today fixed then already. `path`: what both say, had the stream been open and no override in force."""

    percentage: Decimal
    epoch: int
    bucket: int
    change: Change | None = None
    pin: str = ""

    @property
    def path(self) -> str:
        return self.pin or (STREAM if self.bucket < round(self.percentage * 100) else LEGACY)

    @property
    def why(self) -> str:
        """A sentence in the reader's language."""
        named = {"share": f"{self.percentage.normalize():f}", "place": self.bucket, "path": self.path}
        if self.pin:
            return _("pinned to %(path)s") % named
        if self.change is None:
            return _("share %(share)s %%, bucket %(place)d: %(path)s") % named
        named["since"] = f"{timezone.localtime(self.change.created_at):%Y-%m-%d %H:%M:%S}"
        named["who"] = f"{self.change.get_source_display()}, {self.change.actor}: {self.change.reason}"
        return _("share %(share)s %% since %(since)s (%(who)s), bucket %(place)d: %(path)s") % named


class Shares:
    """The shares of one route over time, for one device. Raises django.db.Error when it is made."""

    def __init__(self, route: Route, device: str) -> None:
        self._route, self._bucket = route, bucket(route.salt, device)
        rows = Change.objects.filter(kind=route.kind).order_by("-epoch")[: MOST + 1]
        self._changes = list(rows)[:MOST]
        self.is_cut = len(rows) > MOST
        pin = Pin.objects.filter(device_sn=device).first()
        self._pin = pin if pin is not None and pin.device_sn == device else None

    def at(self, moment: datetime) -> Then | None:
        """What held at `moment`; None for a time before the changes that are looked at."""
        held = next((each for each in self._changes if each.created_at <= moment), None)
        return self._then(held, moment) if held or not self.is_cut else None

    def of_epoch(self, epoch: int, moment: datetime) -> Then | None:
        """What the epoch of an entry that was accepted at `moment` stands for; None when nothing tells."""
        held = next((each for each in self._changes if each.epoch == epoch), None)
        before = self._changes[-1].epoch if self._changes else self._route.epoch + 1
        if held is None and (self.is_cut or epoch >= before):
            return None
        return self._then(held, moment)

    def _then(self, held: Change | None, moment: datetime) -> Then:
        pinned = self._pin is not None and self._pin.created_at <= moment < self._pin.expires_at
        pin = self._pin.path if self._pin is not None and pinned else ""
        if held is not None:
            return Then(held.to_percentage, held.epoch, self._bucket, held, pin)
        if self._changes:
            first = self._changes[-1]
            return Then(first.from_percentage, first.epoch - 1, self._bucket, None, pin)
        return Then(self._route.percentage, self._route.epoch, self._bucket, None, pin)

"""What became of acknowledged records, told to monitoring under the route that accepted them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from monitoring import tallies
from streaming.deadletters import Burial
from streaming.envelope import Origin
from streaming.models import DeadLetter
from streaming.opening import UNKNOWN
from streaming.registry import Kind


def tell(kind: Kind, origins: Mapping[Origin, int], failed: Sequence[Burial]) -> None:
    """Tell of entries that were acknowledged now: `origins` is how many records each route had sent, `failed` what a
    path did wrong with some of them. Memory alone.

    An entry that could not be read is one error, of a device of its own: nobody knows how many records it held.
    """
    dead: Counter[Origin] = Counter()
    for burial in failed:
        came = burial.origin or UNKNOWN
        dead[came] += burial.form != DeadLetter.Form.ENTRY
        device = burial.device_sn or burial.digest
        tallies.failed(_path(kind, came), kind.origin, came.epoch, tallies.DEAD, device_sn=device)
    for came, records in origins.items():
        if good := records - dead[came]:
            tallies.stored(_path(kind, came), kind.origin, came.epoch, good)


def _path(kind: Kind, came: Origin) -> str:
    # Whatever an entry in the stream of a shadow says of itself, it counts for no path of a device.
    return tallies.SHADOW if kind.shadow_of else came.path

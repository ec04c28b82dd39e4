"""Acknowledging entries together with what became of their records: one step of Redis, so both or neither."""

from collections.abc import Sequence

import redis

from ljwx.redis import ledger_key
from monitoring import ledger
from streaming.registry import Kind
from streaming.storing import Tally

# XACK says how many were still pending: none, and somebody else has acknowledged and counted them. It comes first, for
# a full Redis refuses HINCRBY, but not to a script that has written before.
ACKNOWLEDGE = """
local whats = tonumber(ARGV[3])
local gone = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4 + 2 * whats))
if gone == 0 then return 0 end
for i = 4, 3 + 2 * whats, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[2], ARGV[2])
return gone
"""


def acknowledge(
    connection: redis.Redis, kind: Kind, identifiers: Sequence[bytes], tally: Tally, *, minute: int
) -> bool:
    """Acknowledge entries whose records, received in `minute`, became `tally`; whether they still were to be, which is
    true for one consumer alone. Nobody was promised anything of a shadow: the ledger does not know it. Raises
    redis.RedisError."""
    counts = {ledger.STORED: tally.new, ledger.DUPLICATE: tally.duplicates, ledger.DEAD: tally.buried}
    counted = {} if kind.shadow_of else counts
    known = [(f"{ledger.STREAM}:{what}", count) for what, count in counted.items() if count]
    gone = connection.eval(
        ACKNOWLEDGE,
        2,
        kind.stream,
        ledger_key(kind.stream, minute),
        kind.group,
        ledger.KEPT_S,
        len(known),
        *(word for pair in known for word in pair),
        *identifiers,
    )
    return bool(gone)

"""Which devices are on the stream: a pure function of salt and serial."""

from hashlib import blake2b

BUCKETS = 10_000


def bucket(salt: str, device_sn: str) -> int:
    """A device's place from 0 to 9999. Raising a percentage only adds devices, lowering it removes those added last."""
    digest = blake2b(f"{salt}:{device_sn}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % BUCKETS

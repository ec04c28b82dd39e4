"""Buckets add up, and the devices of errors are bounded without losing an error."""

import msgspec

from monitoring.bucket import MOST_DEVICES, Bucket


def bucket(**values: int) -> Bucket:
    return Bucket("stream", "health", 3, **values)


def test_two_buckets_add_up_in_every_count() -> None:
    one, other = bucket(uploads=1, accepted=2, good=3), bucket(uploads=10, accepted=20, good=30)
    one.fail("dead", 2, "a")
    other.fail("dead", 1, "a")
    other.fail("refused", 4, "b")
    other.fail("lost", 5, "")
    other.latency.add(0.5)
    one.merge(other)
    assert (one.uploads, one.accepted, one.good, one.others) == (11, 22, 33, 5)
    assert one.errors == {"dead": 3, "refused": 4, "lost": 5}
    assert one.devices == {"a": 3, "b": 4}
    assert one.latency.count == 1
    assert other.errors == {"dead": 1, "refused": 4, "lost": 5}


def test_errors_of_more_devices_than_are_told_apart_are_counted_all_the_same() -> None:
    found = bucket(second=7)
    for number in range(MOST_DEVICES + 20):
        found.fail("refused", 1, f"device {number}")
    found.fail("refused", 2, "device 0")
    assert len(found.devices) == MOST_DEVICES
    assert (found.wrong, found.others) == (MOST_DEVICES + 22, 20)


def test_json_keeps_a_bucket_and_leaves_out_what_is_empty() -> None:
    found = bucket(uploads=1)
    found.fail("dead", 2, "a")
    found.latency.add(0.1)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Bucket) == found
    assert b"second" not in msgspec.json.encode(found)

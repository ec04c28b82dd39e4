"""Whom a record belongs to: customer, organisation and user, each None where nobody knows."""

from typing import Any, TypeVar

import msgspec

R = TypeVar("R", bound=Any)

IDS = ("customer_id", "org_id", "user_id")


def ids(record: Any) -> tuple[int | None, ...]:
    """Customer, organisation and user of a record."""
    return (record.customer_id, record.org_id, record.user_id)


def with_ids(record: R, known: dict[str, Any]) -> R:
    """The record, its unknown ids taken from `known`."""
    missing = {name: value for name, value in known.items() if value is not None and getattr(record, name) is None}
    return msgspec.structs.replace(record, **missing) if missing else record


def agree(record: Any, held: dict[str, Any]) -> bool:
    """Whether the ids of a record and of its row can be the same: unknown agrees with anything."""
    return all(
        mine is None or theirs is None or mine == theirs
        for mine, theirs in ((getattr(record, name), held[name]) for name in IDS)
    )

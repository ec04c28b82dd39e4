"""Which rules there are, and who knows the facts. Each app tells its own when Django starts."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import redis
from django.db import Error

from monitoring.alerts.rule import Facts, Rule

log = logging.getLogger(__name__)

Read = Callable[[], Any]

_rules: dict[str, Rule] = {}
_facts: dict[str, Read] = {}


def register(*rules: Rule) -> None:
    """Have these rules from now on."""
    _rules.update({rule.name: rule for rule in rules})


def know(fact: str, read: Read) -> None:
    """`read` tells `fact`. It may raise redis.RedisError or django.db.Error: the fact is not known then."""
    _facts[fact] = read


def rules() -> Iterable[Rule]:
    """Every rule."""
    return _rules.values()


def find(name: str) -> Rule | None:
    """The rule of this name; None for one of another version."""
    return _rules.get(name)


def happens(name: str) -> bool:
    """Whether alerts of this rule are events. Those of a rule of another version are not."""
    rule = find(name)
    return rule is not None and rule.happens


def facts() -> Facts:
    """Every fact that is known now. Raises nothing for a Redis or a database that is away."""
    found = {}
    for name, read in _facts.items():
        try:
            found[name] = read()
        except (redis.RedisError, Error) as error:
            log.debug("%s is not known: %s", name, type(error).__name__)
    return found

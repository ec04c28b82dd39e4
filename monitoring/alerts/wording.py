"""An alert in words."""

from collections.abc import Mapping
from typing import Any

from monitoring.alerts import registry
from monitoring.models.alert import named


def text(rule: str, label: str, values: Mapping[str, Any]) -> str:
    """What is wrong, in the language in force. The name alone when the rule is one of another version."""
    found = registry.find(rule)
    if found is None:
        return named(rule, label)
    try:
        return found.text(values)
    except (KeyError, TypeError, ValueError):
        return named(rule, label)  # the values are those of another version

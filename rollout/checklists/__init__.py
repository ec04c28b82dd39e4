"""The three checklists of a plan: before it starts, while it runs, and at its end."""

from rollout.checklists.evaluating import items, preflight
from rollout.checklists.item import Item, data
from rollout.checklists.signing import sign
from rollout.checklists.words import words

__all__ = ["Item", "data", "items", "preflight", "sign", "words"]

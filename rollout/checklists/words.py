"""The words for the codes of items."""

from collections.abc import Iterable

from rollout.checklists.declared import CHECKS


def words(codes: Iterable[str]) -> list[str]:
    """The text of each code, in the language of the reader."""
    texts = {check.code: check.text for check in CHECKS}
    return [str(texts.get(code, code)) for code in codes]

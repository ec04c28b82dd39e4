"""A sentence that is kept for readers of any language."""

from collections.abc import Iterable

import msgspec
from django.utils.translation import gettext


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """`text`: the English of a message, marked where it stands by gettext_noop; `values`: what its places hold. As a
    string it is in the language in force."""

    text: str
    values: dict[str, str | int] = {}

    def __str__(self) -> str:
        return gettext(self.text) % self.values if self.values else gettext(self.text)


def sentence(said: Iterable[Said]) -> str:
    """All of them in one line, in the language in force."""
    return "; ".join(map(str, said))

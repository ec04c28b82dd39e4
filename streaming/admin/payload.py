"""The payload of a dead letter for people: health data, so masked without the permission to see it."""

import contextlib

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from ljwx.admin.shown import block
from streaming.models import DeadLetter

MOST_SHOWN = 64 * 1024
WIDTH = 16


def masked(letter: DeadLetter) -> str:
    """How long the payload is, and nothing else."""
    size = len(letter.payload)
    return ngettext("•••, %d byte", "•••, %d bytes", size) % size


def decoded(letter: DeadLetter) -> SafeString:
    """The payload, escaped: JSON indented with every value as it was received, raw entries in hexadecimal."""
    content = bytes(letter.payload)
    if letter.form == DeadLetter.Form.ENTRY:
        return block(hexadecimal(content[:MOST_SHOWN]))
    # What is no JSON, which may be why it is here, is shown as it stands.
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        content = msgspec.json.format(content, indent=2)
    return block(content.decode(errors="backslashreplace"))


def hexadecimal(content: bytes) -> str:
    """Sixteen bytes a line: place, values, and what is printable of them."""
    return "\n".join(
        f"{start:06x}  {line.hex(' ', -2):<{WIDTH * 5 // 2}} {''.join(chr(b) if 32 <= b < 127 else '.' for b in line)}"
        for start in range(0, len(content), WIDTH)
        for line in (content[start : start + WIDTH],)
    )

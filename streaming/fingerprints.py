"""The fingerprint of a reason: what dead letters with the same cause share, whatever their values are."""

import re
from hashlib import blake2b

REASON_MOST = 255
BLANK = "…"

# What a reason may say of a value without quoting it; anything else after the name of a field is the value itself.
_SAID = re.compile(
    r"is longer than \d+ characters|has more than \d+ digits|holds NUL|holds a lone surrogate"
    r"|is not JSON|is too deep|is deeper than \d+"
)
_TIME = re.compile(r"timestamp: .*(is no time|is neither seconds .*)", re.DOTALL)
_QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))""", re.DOTALL)
# A word with a digit in it: a number, a serial, a place.
_NUMBER = re.compile(r"[^\s'\"`,;:()\[\]{}…]*\d[^\s'\"`,;:()\[\]{}…]*")
_BLANKS = re.compile(rf"{BLANK}(?:[\s\[\]{{}}(),]*{BLANK})+")


def normal(reason: str) -> str:
    """`reason` without its values: numbers, quoted text, serials and what a field held are `…`.

    The number of a database error is no value but the name of the error, and stays. Only the first 255 characters
    count, those that the table keeps, so that a letter's fingerprint can be made again from its row.
    """
    reason = reason[:REASON_MOST]
    category, colon, rest = reason.partition(": ")
    if category == "database" or not colon:
        return reason
    if category == "implausible":
        name, _, value = rest.partition(" ")
        return f"implausible: {name} {_numberless(value) if _SAID.fullmatch(value) else BLANK}"
    if category == "no serial":
        return f"no serial: {BLANK}"
    if time := _TIME.fullmatch(reason):
        return f"timestamp: {BLANK} {time[1]}"
    return f"{category}: {_numberless(_QUOTED.sub(BLANK, rest))}"


def fingerprint(kind: str, reason: str) -> str:
    """Sixteen hexadecimal digits that letters of one kind and one normal reason share, in every process and for ever.

    The kind is in it, so that one fingerprint is one group with one index range.
    """
    return blake2b(f"{kind}:{normal(reason)}".encode(), digest_size=8).hexdigest()


def _numberless(text: str) -> str:
    return _BLANKS.sub(BLANK, _NUMBER.sub(BLANK, text))

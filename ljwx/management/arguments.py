"""Types of command-line arguments that several commands take."""

import argparse
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

REASON_LENGTH = 255
DAY_MINUTES = 24 * 60


def reason(text: str) -> str:
    """Why something is done: what fits into a history."""
    if not text.strip() or len(text) > REASON_LENGTH:
        raise argparse.ArgumentTypeError(f"1 to {REASON_LENGTH} characters")
    return text


def minutes(*, most: int) -> Callable[[str], int]:
    """The type of how far back to look: 1 to `most` minutes."""

    def minutes(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"1 to {most}")
        return number

    return minutes


def percent(text: str) -> Decimal:
    """0 to 100 with at most two decimals."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not value.is_finite() or not 0 <= value <= 100 or value != value.quantize(Decimal("0.01")):
        raise argparse.ArgumentTypeError(f"{text}: 0 to 100, at most two decimals")
    return value

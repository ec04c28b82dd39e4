"""Types of command-line arguments that several commands take."""

import argparse

REASON_LENGTH = 255


def reason(text: str) -> str:
    """Why something is done: what fits into a history."""
    if not text.strip() or len(text) > REASON_LENGTH:
        raise argparse.ArgumentTypeError(f"1 to {REASON_LENGTH} characters")
    return text

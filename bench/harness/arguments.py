"""Numbers on the command line of a question: whole ones, within bounds that the refusal names."""

import argparse
from collections.abc import Callable


def whole(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"give a whole number from {least} to {most}")
        return int(text)

    return number

"""The one command line: `python -m engine NOUN VERB ...`; each noun has a module in `engine/cli/`."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from engine.cli import bots, campaigns, deliveries, inspect, media, migrate, payments, rehearse

_NOUNS: Final[dict[str, Callable[[Sequence[str]], int]]] = {
    "bots": bots.main,
    "campaigns": campaigns.main,
    "deliveries": deliveries.main,
    "inspect": inspect.main,
    "media": media.main,
    "migrate": migrate.main,
    "payments": payments.main,
    "rehearse": rehearse.main,
}


def main(arguments: Sequence[str]) -> int:
    noun, *rest = arguments or ["--help"]
    if noun not in _NOUNS:
        sys.stderr.write(f"usage: python -m engine NOUN ...; a NOUN is one of {', '.join(_NOUNS)}.\n")
        return 2
    return _NOUNS[noun](rest)


def run() -> int:
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())

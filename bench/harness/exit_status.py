"""How a question of the bench ends, whichever it is: told, refused in one line, or broken off.

The exit status is 0 if the outcome holds, 1 if not or if there is none, 130 after Ctrl-C or SIGTERM.
"""

import signal
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

_INTERRUPTED: Final = 130


class Outcome(Protocol):
    @property
    def holds(self) -> bool: ...

    def as_json(self) -> dict[str, Any]: ...

    def as_table(self) -> str: ...


def tell(ask: Callable[[], Outcome], *refusals: type[Exception], as_json: bool) -> int:
    """Ask, and tell the outcome; a refusal is an error whose sentence says why there is none."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        outcome = ask()
    except refusals as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Broken off; nothing is left running.\n")
        return _INTERRUPTED
    print(msgspec.json.encode(outcome.as_json()).decode() if as_json else outcome.as_table())
    return 0 if outcome.holds else 1

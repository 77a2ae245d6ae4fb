"""How a question of the bench ends: with an outcome, with a refusal in one line, or interrupted.

The exit status is 0 if the outcome holds, 1 if it does not or if there is none, 130 after Ctrl-C or SIGTERM.
"""

import signal
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

_INTERRUPTED: Final = 130


class Report(Protocol):
    @property
    def holds(self) -> bool: ...

    def as_json(self) -> dict[str, Any]: ...

    def as_table(self) -> str: ...


def answer(ask: Callable[[], Report], *refusals: type[Exception], as_json: bool) -> int:
    """Ask, and print the outcome. A refusal is an error whose message says why there is none."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        outcome = ask()
    except refusals as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Nothing is left running.\n")
        return _INTERRUPTED
    print(msgspec.json.encode(outcome.as_json()).decode() if as_json else outcome.as_table())
    return 0 if outcome.holds else 1

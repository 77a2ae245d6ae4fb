"""The options behind the question mark of an address in the settings, and how a wrong one is refused.

Only the option's name and the beginning of its value are quoted: an address holds a password.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from urllib.parse import parse_qsl

from engine.core.errors import SettingsError

_QUOTED: Final = 40
"""Characters of a value that an error shows."""


def read_options(variable: str, query: str) -> dict[str, str]:
    """Raises SettingsError."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), encoding="utf-8", errors="strict")
    except ValueError as error:
        raise SettingsError(f"{variable}: write what follows the ? as name=value, joined by &.") from error
    for name, value in pairs:
        if not value:
            raise SettingsError(f"{variable}: {_shown(name)} has no value: give one, or delete it.")
    if len(dict(pairs)) < len(pairs):
        raise SettingsError(f"{variable}: an option appears twice: delete one.")
    return dict(pairs)


def check_known(variable: str, name: str, known: Iterable[str]) -> None:
    """Raises SettingsError."""
    names = sorted(known)
    if name not in names:
        near = get_close_matches(name, names, 1)
        mend = f"did you mean {near[0]}?" if near else f"delete it, or use one of {', '.join(names)}."
        raise SettingsError(f"{variable}: the option {_shown(name)} is not known: {mend}")


def check_choice(variable: str, name: str, value: str, choices: Iterable[str]) -> None:
    """Raises SettingsError."""
    if value not in choices:
        raise SettingsError(f"{variable}: {name} is {_shown(value)}: choose one of {', '.join(choices)}.")


def _shown(text: str) -> str:
    return repr(text[:_QUOTED])

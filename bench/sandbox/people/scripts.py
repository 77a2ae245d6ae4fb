"""Scripts that people play, as the control port takes them and as YAML files hold them.

people: 20
opening: [{do: start, payload: promo}]
rounds: 3
moves:
- {do: write, text: "Oi!", think: [1, 5]}
- {do: receive, patience: 60, quiet: 2}
- {do: tap, chance: 0.5}
"""

from pathlib import Path
from typing import Annotated, Literal, cast

import msgspec
import yaml

from bench.sandbox.protocol import Act, Deed

MOST_PARTS = 10_000
_TAPS = frozenset({"tap_twice", "tap_old"})
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Doing = Literal[Deed, "tap_twice", "tap_old", "receive", "think"]


class ScriptError(ValueError):
    """The script is invalid; the message says what is wrong with it."""


class Move(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that a person does: any deed of `Act`, or one of the following.

    `tap_twice` taps the same button twice at once; `tap_old` taps the oldest button instead of the newest.
    `receive` waits up to `patience` for the bot's next message, and then until none has come for `quiet`.
    `think` is the pause before it, in seconds: fixed, or random between two values; alone it is only a pause.
    With a `chance` below 1 the move is sometimes left out.
    """

    do: Doing
    think: float | tuple[float, float] = 0.0
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    patience: Seconds = 60.0
    quiet: Seconds = 0.0
    text: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    payload: str = ""
    data: str | None = None
    amount: int = 1
    options: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Checked here, not by a type: msgspec 0.22 fails on a union of bounded numbers and tuples of them."""
        if min(self.think if isinstance(self.think, tuple) else (self.think,)) < 0:
            raise ValueError("think must not be negative")

    def acts(self, bot: int | str, person: int) -> list[Act]:
        """The acts of the move; none for one that only waits."""
        if self.do in {"receive", "think"}:
            return []
        act = Act(
            deed=cast("Deed", "tap" if self.do in _TAPS else self.do),
            bot=bot,
            person=person,
            text=self.text,
            payload=self.payload,
            data=self.data,
            amount=self.amount,
            options=self.options,
            old=self.do == "tap_old",
        )
        return [act, act] if self.do == "tap_twice" else [act]


class Script(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A number of new people play it with each of the bots, by default all: the opening once, then `rounds` of moves.

    They begin at random moments `within` the given seconds. All chance follows the seed.
    """

    moves: Annotated[list[Move], msgspec.Meta(min_length=1, max_length=1000)]
    opening: Annotated[list[Move], msgspec.Meta(max_length=1000)] = []
    people: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)] = 1
    bots: list[str] = []
    rounds: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    within: Seconds = 0.0
    seed: int = 0


class Playing(msgspec.Struct, frozen=True):
    """How a script goes; `refused` counts refused acts by reason."""

    id: int
    people: list[int]
    acts: int
    refused: dict[str, int]
    over: bool


def read_script(path: Path) -> Script:
    """Raises ScriptError."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Script)
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"The script {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScriptError(f"The script {path} is not YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise ScriptError(f"The script {path} is invalid: {error}") from error

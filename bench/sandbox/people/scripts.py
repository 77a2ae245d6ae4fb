"""What people are told to do: a script, as the control port takes it and as it stands in a YAML file.

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
    """The file is no script; the message says what is wrong with it."""


class Move(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that a person does, or any act of `wire.Act`.

    `tap_twice` taps the same button twice at once, `tap_old` the oldest that there is instead of the newest.
    `receive` waits up to `patience` for the bot's next message, and then until none has come for `quiet`.
    `think` is how long one thinks before it: so many seconds, or any time between two; alone it is a pause.
    With a `chance` below 1 it is sometimes left out.
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
        """Not by a type: msgspec 0.22 breaks on a union of bounded numbers and tuples of them."""
        if min(self.think if isinstance(self.think, tuple) else (self.think,)) < 0:
            raise ValueError("nobody thinks for less than no time")

    def acts(self, bot: int | str, person: int) -> list[Act]:
        """What it is for the sandbox; nothing where one only waits."""
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
    """So many new people play it with each of the bots (by themselves all): the opening once, then `rounds` of moves.

    They begin at any moment `within` so many seconds. All chance follows the seed.
    """

    moves: Annotated[list[Move], msgspec.Meta(min_length=1, max_length=1000)]
    opening: Annotated[list[Move], msgspec.Meta(max_length=1000)] = []
    people: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)] = 1
    bots: list[str] = []
    rounds: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    within: Seconds = 0.0
    seed: int = 0


class Playing(msgspec.Struct, frozen=True):
    """How a script goes: `refused` are acts that could not be done, by reason."""

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
        raise ScriptError(f"The script {path} is no YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise ScriptError(f"The script {path} says what no person can do: {error}") from error

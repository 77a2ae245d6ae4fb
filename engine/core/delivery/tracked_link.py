"""What a tracked link refers to: one button of one delivery, as it was published. The campaign says where it leads.

A published version never changes, so two numbers are enough to name a button: that of its block in the version, and its
own among the tracked buttons of that block, in all languages. Every packed reference has the same length: it says
nothing about the ids inside.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Block, Snapshot
from engine.core.content.model import UrlButton, buttons, is_tracked

_BITS: Final = (52, 52, 42, 18, 12, 8)
"""Telegram's ids have at most 52 bits. The rest is enough for times until 2109, 262,143 versions of a campaign, 4,096
blocks in each, and 256 tracked buttons in each block.
"""
PACKED_BYTES: Final = sum(_BITS) // 8


class Reference(NamedTuple):
    """`block` and `button` are numbers, from 0."""

    bot_id: int
    chat_id: int
    episode_id: int
    version: int
    block: int
    button: int


class TrackedButton(NamedTuple):
    """`variant` is the language whose content it belongs to, "" for the default; row and column count from 0."""

    step: str
    block: str
    variant: str
    row: int
    column: int
    url: str

    @property
    def place(self) -> str:
        return f"{self.row}.{self.column}"


def pack(reference: Reference) -> bytes | None:
    """None if a number is out of bounds: such a button cannot be tracked."""
    packed = 0
    for number, bits in zip(reference, _BITS, strict=True):
        if not 0 <= number < 1 << bits:
            return None
        packed = packed << bits | number
    return packed.to_bytes(PACKED_BYTES)


def unpack(packed: bytes) -> Reference:
    rest, numbers = int.from_bytes(packed), []
    for bits in reversed(_BITS):
        numbers.append(rest & (1 << bits) - 1)
        rest >>= bits
    return Reference(*reversed(numbers))


def numbers_of(snapshot: Snapshot, button: TrackedButton) -> tuple[int, int] | None:
    """Of its block and of the button; None if the version has no such button."""
    for number, (step, block) in enumerate(_blocks(snapshot)):
        if (step, block.key) == (button.step, button.block):
            return next(((number, place) for place, one in enumerate(_tracked(step, block)) if one == button), None)
    return None


def find(snapshot: Snapshot, reference: Reference) -> TrackedButton | None:
    for step, block in islice(_blocks(snapshot), reference.block, reference.block + 1):
        return next(islice(_tracked(step, block), reference.button, None), None)
    return None


def _blocks(snapshot: Snapshot) -> Iterator[tuple[str, Block]]:
    return ((step.key, block) for step in snapshot.steps for block in step.blocks)


def _tracked(step: str, block: Block) -> Iterator[TrackedButton]:
    """In the order of the languages' codes: PostgreSQL keeps them in its own."""
    for variant in ("", *sorted(block.languages)):
        for row, line in enumerate(buttons(block.languages.get(variant, block.content))):
            for column, button in enumerate(line):
                if isinstance(button, UrlButton) and is_tracked(button):
                    yield TrackedButton(step, block.key, variant, row, column, button.url)

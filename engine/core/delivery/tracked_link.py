"""What a tracked link refers to: one button of one delivery, as it was published. The campaign says where it leads.

Packed: a byte that names the layout, then the numbers, then the three names, each after its length.
"""

import struct
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Block, Snapshot
from engine.core.content.model import UrlButton, buttons, is_tracked

_LAYOUT: Final = 1
_NUMBERS: Final = struct.Struct(">BqqqIBB")
_LONGEST_NAME: Final = 64


class Reference(NamedTuple):
    """`variant` is the language whose content was sent, "" for the default; row and column count from 0."""

    bot_id: int
    chat_id: int
    episode_id: int
    version: int
    row: int
    column: int
    step: str
    block: str
    variant: str = ""

    @property
    def button(self) -> str:
        return f"{self.row}.{self.column}"


def pack(reference: Reference) -> bytes:
    names = [name.encode()[:_LONGEST_NAME] for name in reference[6:]]
    return _NUMBERS.pack(_LAYOUT, *reference[:6]) + b"".join(bytes([len(name)]) + name for name in names)


def unpack(packed: bytes) -> Reference | None:
    """None for bytes that `pack` did not make."""
    try:
        layout, *numbers = _NUMBERS.unpack_from(packed)
        names = _names(packed[_NUMBERS.size :])
        reference = Reference(*numbers, *names)
    except (struct.error, UnicodeDecodeError, TypeError):
        return None
    return reference if layout == _LAYOUT and pack(reference) == packed else None


def target(snapshot: Snapshot, reference: Reference) -> str | None:
    """Where the referenced button leads; None if there is no such button."""
    for step in snapshot.steps:
        for block in step.blocks:
            if (step.key, block.key) == (reference.step, reference.block):
                return _address(block, reference)
    return None


def _address(block: Block, reference: Reference) -> str | None:
    rows = buttons(block.languages.get(reference.variant, block.content))
    try:
        button = rows[reference.row][reference.column]
    except IndexError:
        return None
    return button.url if isinstance(button, UrlButton) and is_tracked(button) else None


def _names(packed: bytes) -> list[str]:
    names = []
    while packed:
        length = packed[0]
        names.append(packed[1 : 1 + length].decode())
        packed = packed[1 + length :]
    return names

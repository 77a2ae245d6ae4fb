"""The JSON document of a published version, and that of a draft's block. Older layouts are still read."""

from typing import Final

import msgspec
from msgspec.structs import replace

from engine.core.campaign.snapshot import LAYOUT, Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import Schedule

_WITHOUT_HOURS: Final = 2
"""The layout before sending hours and limits: a document without them has none."""
_TEXTS_ONLY: Final = 1
"""The layout of the first documents: a block was its text, and a brace was just a brace."""


class _Head(msgspec.Struct):
    layout: int


class _TextBlock(msgspec.Struct):
    key: str
    text: str
    delay_ms: int = 0
    active: bool = True


class _TextStep(msgspec.Struct):
    key: str
    schedule: Schedule
    blocks: tuple[_TextBlock, ...]
    active: bool = True


class _TextSnapshot(msgspec.Struct):
    zone: str
    steps: tuple[_TextStep, ...]
    threshold_ms: int
    skip_paid: bool
    lateness_ms: int


def encode(snapshot: Snapshot) -> str:
    """Write the document of a version."""
    return msgspec.json.encode(snapshot).decode()


def decode(document: str) -> Snapshot:
    """Read the document of a version, which `checks` has already passed."""
    try:
        layout = msgspec.json.decode(document, type=_Head).layout
        if layout in (LAYOUT, _WITHOUT_HOURS):
            return replace(msgspec.json.decode(document, type=Snapshot), layout=LAYOUT)
        if layout == _TEXTS_ONLY:
            return _of_texts(msgspec.json.decode(document, type=_TextSnapshot))
    except msgspec.DecodeError as error:
        raise CampaignError(
            "The published document is damaged ({error}): publish the campaign again.", error=error
        ) from error
    raise CampaignError(
        "The published document has layout {layout}, this engine reads {known}: run the newer engine.",
        layout=layout,
        known=LAYOUT,
    )


def encode_block(block: Block) -> str:
    """Write the document of one block of a draft."""
    return msgspec.json.encode(block).decode()


def decode_block(document: str) -> Block:
    return msgspec.json.decode(document, type=Block)


def _of_texts(found: _TextSnapshot) -> Snapshot:
    return Snapshot(
        zone=found.zone,
        steps=tuple(
            Step(step.key, step.schedule, tuple(_of_text(block) for block in step.blocks), step.active)
            for step in found.steps
        ),
        threshold_ms=found.threshold_ms,
        skip_paid=found.skip_paid,
        lateness_ms=found.lateness_ms,
    )


def _of_text(found: _TextBlock) -> Block:
    text = found.text.replace("{", "{{").replace("}", "}}")
    return Block(found.key, Text(text), found.delay_ms, found.active)

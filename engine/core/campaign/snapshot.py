"""A published campaign, as the engine reads it: one immutable document per version.

`layout` is the number of this shape; a document of another layout is refused, never guessed at.
Times are in milliseconds. Keys never change: they tie a delivery to its step and block across versions.
`checks` stands between a draft and its publication: what the engine reads has passed it.
"""

from itertools import chain
from typing import Final

import msgspec

from engine.core.campaign.frequency_caps import Limits
from engine.core.content import model as contents
from engine.core.content.model import Asset, Content, Effects
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import Schedule

LAYOUT: Final = 3

DAY_MS: Final = 86_400_000
DEFAULT_THRESHOLD_MS: Final = 10 * 60_000
DEFAULT_LATENESS_MS: Final = 6 * 3_600_000


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message, or one album. `delay_ms` is waited before it, counted from the end of the previous block.

    `languages` holds the content for people of other languages, by language code in lower case: pt, pt-br, en.
    """

    key: str
    content: Content
    delay_ms: int = 0
    active: bool = True
    effects: Effects = Effects()
    languages: dict[str, Content] = {}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks that go out together, when the schedule says so."""

    key: str
    schedule: Schedule
    blocks: tuple[Block, ...]
    active: bool = True


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published campaign: everything that the engine needs to serve a silence."""

    zone: str
    steps: tuple[Step, ...]
    threshold_ms: int = DEFAULT_THRESHOLD_MS
    skip_paid: bool = True
    lateness_ms: int = DEFAULT_LATENESS_MS
    window: Window | None = None
    limits: Limits = Limits()
    layout: int = LAYOUT


def choose(block: Block, language: str | None) -> Content:
    """The content for a person of that language."""
    return block.languages.get(variant_for(block, language), block.content)


def variant_for(block: Block, language: str | None) -> str:
    """Which variant a person of that language gets: their own (pt-br), their language's (pt), or the default ("")."""
    code = (language or "").lower()
    return next((key for key in (code, code.partition("-")[0]) if key in block.languages), "")


def variants(block: Block) -> tuple[Content, ...]:
    """Every content that the block can send."""
    return (block.content, *block.languages.values())


def assets(snapshot: Snapshot) -> tuple[Asset, ...]:
    """The files that a campaign needs, each once, including those of steps and blocks that are switched off."""
    return tuple(places(snapshot))


def places(snapshot: Snapshot) -> dict[Asset, tuple[str, str]]:
    """The step and block in which each file is first needed."""
    found: dict[Asset, tuple[str, str]] = {}
    for step in snapshot.steps:
        for block in step.blocks:
            for asset in chain.from_iterable(map(contents.assets, variants(block))):
                found.setdefault(asset, (step.key, block.key))
    return found

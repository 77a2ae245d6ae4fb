"""A published campaign, as the engine reads it: one immutable document per version.

`layout` is the number of this shape; a document of another layout is refused, never guessed at.
Times are in milliseconds. Keys never change: they tie a delivery to its step and block across versions.
"""

from typing import Final, Literal

import msgspec

from engine.core.schedule import Schedule

LAYOUT: Final = 1

DAY_MS: Final = 86_400_000
DEFAULT_THRESHOLD_MS: Final = 10 * 60_000
DEFAULT_LATENESS_MS: Final = 6 * 3_600_000


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message. `delay_ms` is waited before it, counted from the end of the block before."""

    key: str
    text: str
    kind: Literal["text"] = "text"
    delay_ms: int = 0
    active: bool = True


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks that go out together, when the schedule says."""

    key: str
    schedule: Schedule
    blocks: tuple[Block, ...]
    active: bool = True


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was published: everything that the engine needs to know to serve a silence."""

    zone: str
    steps: tuple[Step, ...]
    threshold_ms: int = DEFAULT_THRESHOLD_MS
    skip_paid: bool = True
    lateness_ms: int = DEFAULT_LATENESS_MS
    layout: int = LAYOUT

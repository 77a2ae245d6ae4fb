"""A published campaign, as the engine reads it: one immutable document per version.

`layout` is the number of this shape; a document of another layout is refused, never guessed at.
Times are in milliseconds. Keys never change: they tie a delivery to its step and block across versions.
`check` stands between a draft and its publication; what the engine reads has passed it.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from engine.core import markup, schedule
from engine.core.errors import CampaignError
from engine.core.schedule import Schedule

LAYOUT: Final = 1

DAY_MS: Final = 86_400_000
DEFAULT_THRESHOLD_MS: Final = 10 * 60_000
DEFAULT_LATENESS_MS: Final = 6 * 3_600_000
MAX_THRESHOLD_MS: Final = 30 * DAY_MS
MAX_LATENESS_MS: Final = 30 * DAY_MS
MAX_BLOCK_DELAY_MS: Final = 3_600_000

KEY: Final = re.compile("[a-z0-9-]{1,32}")


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


class _Head(msgspec.Struct):
    layout: int


def check(snapshot: Snapshot, min_threshold_ms: int) -> None:
    """Refuse a campaign that cannot be sent as it stands; the sentence names the place and the mend."""
    schedule.check_zone(snapshot.zone)
    _check_between("threshold", snapshot.threshold_ms, min_threshold_ms, MAX_THRESHOLD_MS)
    _check_between("lateness", snapshot.lateness_ms, 0, MAX_LATENESS_MS)
    _check_keys("step", [step.key for step in snapshot.steps])
    for step in snapshot.steps:
        _check_step(step)
    if not any(step.active and block.active for step in snapshot.steps for block in step.blocks):
        raise CampaignError("The campaign has nothing to send: add an active step with an active block.")


def encode(snapshot: Snapshot) -> str:
    """Write the document of a version."""
    return msgspec.json.encode(snapshot).decode()


def decode(document: str) -> Snapshot:
    """Read the document of a version; `check` has already passed it."""
    try:
        layout = msgspec.json.decode(document, type=_Head).layout
        if layout == LAYOUT:
            return msgspec.json.decode(document, type=Snapshot)
    except msgspec.DecodeError as error:
        raise CampaignError(
            f"The published document is damaged ({error}): publish the campaign again."
        ) from error
    raise CampaignError(
        f"The published document has layout {layout}, this engine reads {LAYOUT}: run the newer engine."
    )


def _check_step(step: Step) -> None:
    if not step.blocks:
        raise CampaignError(f"Step {step.key} has no blocks: add one, or delete the step.")
    _check_keys(f"step {step.key}, block", [block.key for block in step.blocks])
    for block in step.blocks:
        where = f"step {step.key}, block {block.key}"
        _check_between(f"delay of {where}", block.delay_ms, 0, MAX_BLOCK_DELAY_MS)
        try:
            markup.check(block.text)
        except CampaignError as error:
            raise CampaignError(f"{where.capitalize()}: {error}") from error


def _check_keys(what: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if not KEY.fullmatch(key):
            raise CampaignError(
                f"The key of {what} {key[:64]!r} is not one: write 1 to 32 of a-z, 0-9 and -."
            )
        if key in seen:
            raise CampaignError(f"The key of {what} {key} stands twice: give each its own.")
        seen.add(key)


def _check_between(what: str, ms: int, least: int, most: int) -> None:
    if not least <= ms <= most:
        bounds = f"from {schedule.write_duration(least)} to {schedule.write_duration(most)}"
        raise CampaignError(f"The {what} is {schedule.write_duration(ms)}: write one {bounds}.")

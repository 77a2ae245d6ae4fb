"""A sequence as an admin tries it: every block that would be sent, in order, sixty times as fast.

The pause between two blocks is what a silent person would wait, divided, but never shorter than Telegram requires in
one chat.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.delivery.sequence import gap_ms
from engine.core.errors import CampaignError
from engine.core.schedule import step_schedule

FASTER: Final = 60


class Cue(NamedTuple):
    """A block, and the wait before it."""

    step: str
    block: Block
    wait_ms: int


def preview(steps: Iterable[Step], only_block: str | None = None) -> tuple[Cue, ...]:
    """The blocks of these steps one right after the other, including those that are switched off.

    Raises CampaignError if there is nothing to show.
    """
    found, gap = [], 0
    for step in steps:
        for block in step.blocks:
            if only_block in (None, block.key):
                found.append(Cue(step.key, block, gap))
                gap = gap_ms(block)
    if not found:
        raise CampaignError("There is nothing to show yet: add a block first.")
    return tuple(found)


def cues(snapshot: Snapshot, silent_since_ms: int, only_step: str | None = None) -> tuple[Cue, ...]:
    """The blocks of one step, or of the whole sequence. Raises CampaignError if there is nothing to try."""
    found: list[Cue] = []
    anchor, gap = silent_since_ms + snapshot.threshold_ms, 0
    for step in snapshot.steps:
        blocks = [block for block in step.blocks if block.active]
        if not step.active or not blocks:
            continue
        due = step_schedule.due(step.schedule, anchor, snapshot.zone, anchor)
        wait = due - anchor
        for block in blocks:
            found.append(Cue(step.key, block, max(gap, (wait + block.delay_ms) // FASTER)))
            wait, gap = 0, gap_ms(block)
        anchor = due + sum(block.delay_ms for block in blocks)
    return _only(tuple(found), only_step)


def _only(found: tuple[Cue, ...], step: str | None) -> tuple[Cue, ...]:
    """The first block of a step that is tried alone comes at once."""
    chosen = tuple(cue for cue in found if step in (None, cue.step))
    if not chosen:
        raise _nothing(step)
    return (chosen[0]._replace(wait_ms=0), *chosen[1:])


def _nothing(step: str | None) -> CampaignError:
    if step is None:
        return CampaignError("There is nothing to try: add an active step with an active block.")
    return CampaignError("There is no active step {step!r}: `show` lists the steps.", step=step[:32])

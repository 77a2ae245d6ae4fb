"""What follows what, and when: the next block of a step, the next step of a campaign, and its due.

The next step is the first published one after the last completed one that the person has not had. A completed step that
is published no longer has no place; the one completed before it then counts. So no step comes twice, none comes after a
later one, and none that is still ahead is left out, in whatever order a campaign is edited.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import messages
from engine.core.delivery.cursor import Cursor
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.step_schedule import After, Schedule

CHAT_GAP_MS: Final = 1_000
"""Telegram requires a second between two messages to one chat; an album counts as many as it has files."""

ACTION_MS: Final = 5_000
"""Telegram shows "typing" for this long; a block that comes after a delay is announced this way."""


class Anchor(NamedTuple):
    """The moment from which a step's schedule counts, and what the pauses since then did to the wait.

    `stood_ms`: for how long delays stood still; `resumed_ms`: hours of a day up to this moment are past.
    """

    at_ms: int
    stood_ms: int = 0
    resumed_ms: int = 0


class NextDelivery(NamedTuple):
    """The next delivery. `urgent`: a further block of a begun step; `lead_ms`: how long before it is announced.

    `anchor_ms` is the anchor from which the due was computed, so that it can be computed again.
    """

    cursor: Cursor
    due_ms: int
    urgent: bool
    lead_ms: int = 0
    anchor_ms: int | None = None

    @property
    def wake_ms(self) -> int:
        return self.due_ms - self.lead_ms


def first(newest: Snapshot, episode_id: int, anchor_ms: int, chat_id: int) -> NextDelivery | None:
    """The first delivery of an episode; None when the campaign has nothing to send."""
    return _opened(newest, newest.steps, Cursor(episode_id, 0, "", "", 0), anchor_ms, chat_id)


def following(
    newest: Snapshot,
    pinned: Snapshot,
    cursor: Cursor,
    runs: Sequence[str],
    ended_ms: int,
    chat_id: int,
    *,
    step_over: bool,
) -> NextDelivery | None:
    """What comes after the block at the cursor; None completes the episode. A begun step finishes as it began.

    `runs`: the steps that the person has had before, in this order.
    """
    step = find_step(pinned, cursor.step)
    free_ms = ended_ms + (0 if step_over else gap_ms(find_block(step, cursor.block)))
    onward = cursor._replace(ordinal=cursor.ordinal + 1)
    if step and not step_over:
        for block in _after(step, cursor.block):
            due_ms = max(free_ms, ended_ms + block.delay_ms)
            return NextDelivery(onward._replace(block=block.key), due_ms, urgent=True, lead_ms=_lead_ms(block))
    opened = _opened(newest, ahead(newest, (*runs, cursor.step)), onward, ended_ms, chat_id)
    return opened and opened._replace(due_ms=max(free_ms, opened.due_ms))


def ahead(newest: Snapshot, runs: Sequence[str]) -> list[Step]:
    """The steps that somebody who has had these, in this order, may still get."""
    keys = [step.key for step in newest.steps]
    last = next((keys.index(key) for key in reversed(runs) if key in keys), -1)
    return [step for step in newest.steps[last + 1 :] if step.key not in runs]


def open_step(newest: Snapshot, step: Step, at: Cursor, anchor: Anchor, chat_id: int) -> NextDelivery | None:
    """The first delivery of a step, in the episode and with the ordinal of `at`; None for a step that has nothing to
    send.

    This is the only place in which the due of a step is computed: when it becomes the next one, after a pause, and
    when a campaign changes.
    """
    block = next((block for block in step.blocks if block.active), None)
    if not step.active or block is None:
        return None
    dues = (
        sending_hours.shifted(newest.window, moment_ms + block.delay_ms, newest.zone, chat_id)
        for moment_ms in _moments(step.schedule, newest.zone, anchor)
    )
    due_ms = next(due_ms for due_ms in dues if isinstance(step.schedule, After) or due_ms > anchor.resumed_ms)
    cursor = Cursor(at.episode_id, at.ordinal, step.key, block.key, 0)
    return NextDelivery(cursor, due_ms, urgent=False, lead_ms=_lead_ms(block), anchor_ms=anchor.at_ms)


def gap_ms(sent: Block | None) -> int:
    """How long a chat rests after a block; the variant with the most messages decides."""
    return CHAT_GAP_MS * (max(map(messages, (sent.content, *sent.languages.values()))) if sent else 1)


def find_step(snapshot: Snapshot, key: str) -> Step | None:
    return next((step for step in snapshot.steps if step.key == key), None)


def find_block(step: Step | None, key: str) -> Block | None:
    return next((block for block in step.blocks if block.key == key), None) if step else None


def _opened(newest: Snapshot, steps: Sequence[Step], at: Cursor, anchor_ms: int, chat_id: int) -> NextDelivery | None:
    """The first delivery of the first of these steps that has something to send."""
    opened = (open_step(newest, step, at, Anchor(anchor_ms), chat_id) for step in steps)
    return next(filter(None, opened), None)


def _moments(schedule: Schedule, zone: str, anchor: Anchor) -> Iterator[int]:
    """When the schedule says that a step is due: a delay ends once, an hour of the day comes again each day."""
    if isinstance(schedule, After):
        yield anchor.at_ms + anchor.stood_ms + schedule.delay_ms
        return
    moment_ms = step_schedule.due(schedule, anchor.at_ms, zone, anchor.at_ms)
    while True:
        yield moment_ms
        moment_ms = step_schedule.due(schedule, anchor.at_ms, zone, moment_ms + 1)


def _lead_ms(block: Block) -> int:
    return min(block.delay_ms, ACTION_MS)


def _after(step: Step, block_key: str) -> Iterator[Block]:
    keys = [block.key for block in step.blocks]
    start = keys.index(block_key) + 1 if block_key in keys else len(keys)
    return (block for block in step.blocks[start:] if block.active)

"""The state machine of a delivery and of an episode: what a due timer means, and what follows what was found or sent.

Two rules: everything that changes a delivery's status is in TRANSITIONS, and the database refuses the rest; PostgreSQL
holds the cursor (the one delivery that is scheduled or sending), Redis a copy of it, and
where they differ PostgreSQL wins.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from engine.core.campaign.forecast import forecast
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import messages
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import EndEpisode, Facts, Pass, Plan, Reason, SkipStep, Verdict, Wait
from engine.core.schedule import sending_hours, step_schedule

CHAT_GAP_MS: Final = 1_000
"""Telegram requires a second between two messages to one chat; an album counts as many as it has files."""

MOST_DEFERRALS: Final = 5
"""A step that window and limits have put off this often will never fit them."""

EXPIRES_AFTER_MS: Final = 2 * 86_400_000
"""After an outage a sequence continues, unless the whole of it would have been over for this long."""

ACTION_MS: Final = 5_000
"""Telegram shows "typing" for this long; a block that comes after a delay is announced this way."""

SETTLED: Final = frozenset({"sent", "skipped", "failed", "unknown", "cancelled", "would_send"})

TRANSITIONS: Final[dict[tuple[str, str], str]] = {
    ("scheduled", "claimed"): "sending",
    ("scheduled", "planned anew"): "scheduled",
    ("scheduled", "refused by the gate"): "skipped",
    ("scheduled", "episode ended"): "cancelled",
    ("scheduled", "shadow"): "would_send",
    ("sending", "claimed again, never passed"): "sending",
    ("sending", "accepted"): "sent",
    ("sending", "content refused"): "failed",
    ("sending", "surely not sent"): "scheduled",
    ("sending", "episode ended"): "cancelled",
    ("sending", "no answer"): "unknown",
    ("unknown", "late acceptance"): "sent",
    ("unknown", "late refusal"): "failed",
}


class Found(NamedTuple):
    """What the claim statement found. `taken`: the row at the cursor is now under our version, with `status`."""

    episode_id: int
    ended: str | None
    exists: bool
    taken: bool
    status: str
    cursor: Cursor
    due_ms: int
    attempts: int
    runs: frozenset[str]
    facts: Facts
    last_active_ms: int = 0
    person: Person = Person()
    deferrals: int = 0
    """How often window and limits have put it off."""


class Send(NamedTuple):
    """The row is ours and in `sending`: pass, then send."""


class Advance(NamedTuple):
    """The block at the cursor is done: plan what follows."""


class Withhold(NamedTuple):
    """The block would be sent if the campaign were live: what follows is planned as if it had been."""


class Drop(NamedTuple):
    """The step is skipped with a reason; what follows is anchored here."""

    reason: Reason


class Close(NamedTuple):
    """The episode ends."""

    reason: Reason


class Rest(NamedTuple):
    """Ask again later."""

    reason: Reason
    until_ms: int | None


class Defer(NamedTuple):
    """The delivery is due at another moment now."""

    until_ms: int


class Follow(NamedTuple):
    """Redis's copy was old: go to where PostgreSQL is."""


class Announce(NamedTuple):
    """The block is ours and almost due: the person may see that it is coming."""


class Forget(NamedTuple):
    """The episode is over: remove the timer."""


Decision = Send | Advance | Withhold | Drop | Close | Rest | Defer | Follow | Announce | Forget


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


def decide(found: Found, expected: Cursor, verdict: Verdict, now_ms: int) -> Decision:
    if not found.exists or found.ended:
        return Forget()
    if found.status in SETTLED:
        return Advance()
    if not found.taken and not _same_place(found.cursor, expected):
        return Follow()
    if not found.taken:
        return Rest(Reason.VERSION_CHANGED, None)
    if found.status == "sending":
        return Send()
    return _early(found.due_ms - now_ms, verdict) if found.due_ms > now_ms else _refused(verdict, found.deferrals)


def _early(wait_ms: int, verdict: Verdict) -> Decision:
    return Announce() if wait_ms <= ACTION_MS and isinstance(verdict, Pass) else Follow()


def _same_place(one: Cursor, other: Cursor) -> bool:
    return (one.step, one.block) == (other.step, other.block)


def _refused(verdict: Verdict, deferrals: int) -> Decision:
    match verdict:
        case Wait(Reason.WINDOW_CLOSED | Reason.CAP, int(until_ms)):
            return Drop(Reason.NEVER_FITS) if deferrals >= MOST_DEFERRALS else Defer(until_ms)
        case EndEpisode(reason):
            return Close(reason)
        case SkipStep(Reason.SHADOW):
            return Withhold()
        case SkipStep(reason):
            return Drop(reason)
        case Wait(reason, until_ms):
            return Rest(reason, until_ms)
        case Pass():
            return Rest(Reason.VERSION_CHANGED, None)


def plan(
    newest: Snapshot, step: Step | None, block: Block | None, due_ms: int, now_ms: int, chat_id: int, *, begun: bool
) -> Plan:
    """What the campaign and the clock say about a block that is due; `begun`: part of its step has been sent.

    A block that is already too late does not wait for the window.
    """
    latest_ms = due_ms + newest.lateness_ms
    late = now_ms > latest_ms
    return Plan(
        skip_paid=newest.skip_paid,
        step_refusal=_step_refusal(step, block),
        window_opens_ms=None if late else _turn_ms(newest, now_ms, chat_id, begun=begun),
        outside_drops=newest.window is not None and newest.window.mode == "drop",
        late=late,
        latest_ms=latest_ms,
        expired=late and now_ms > _last_due_ms(newest, step, due_ms) + EXPIRES_AFTER_MS,
    )


def _last_due_ms(newest: Snapshot, step: Step | None, due_ms: int) -> int:
    """When the last step would be due if this one were sent in time; a pause has moved `due_ms` with it."""
    keys = [one.key for one in newest.steps]
    place = keys.index(step.key) + 1 if step and step.key in keys else 0
    planned = forecast(replace(newest, steps=newest.steps[place:]), due_ms - newest.threshold_ms)
    return planned[-1].due_ms if planned else due_ms


def _turn_ms(newest: Snapshot, now_ms: int, chat_id: int, *, begun: bool) -> int | None:
    """When the window lets the block out; None if it does now. A begun step may go on a little after closing time."""
    hours, zone = newest.window, newest.zone
    if hours is None or (begun and sending_hours.is_in_grace(hours, now_ms, zone)):
        return None
    opening = sending_hours.opens(hours, now_ms, zone)
    return None if opening == now_ms else opening + sending_hours.spread_ms(hours, chat_id)


def _step_refusal(step: Step | None, block: Block | None) -> Reason | None:
    if step is None or block is None:
        return Reason.STEP_DELETED
    return None if step.active and block.active else Reason.STEP_OFF


def first(newest: Snapshot, episode_id: int, anchor_ms: int, chat_id: int) -> NextDelivery | None:
    """The first delivery of an episode; None when the campaign has nothing to send."""
    for step in newest.steps:
        if opened := open_step(newest, step, Cursor(episode_id, 0, "", "", 0), anchor_ms, chat_id):
            return opened
    return None


def following(
    newest: Snapshot, pinned: Snapshot, found: Found, ended_ms: int, chat_id: int, *, step_over: bool
) -> NextDelivery | None:
    """What comes after the block at the cursor; None completes the episode. A begun step finishes as it began."""
    cursor = found.cursor
    step = find_step(pinned, cursor.step)
    free_ms = ended_ms + (0 if step_over else gap_ms(find_block(step, cursor.block)))
    if step and not step_over:
        for block in _after(step, cursor.block):
            onward = cursor._replace(ordinal=cursor.ordinal + 1, block=block.key)
            return NextDelivery(onward, max(free_ms, ended_ms + block.delay_ms), urgent=True, lead_ms=_lead_ms(block))
    for candidate in _later_steps(newest, pinned, cursor.step, found.runs):
        if candidate.key in found.runs:
            continue
        onward = cursor._replace(ordinal=cursor.ordinal + 1)
        if opened := open_step(newest, candidate, onward, ended_ms, chat_id):
            return opened._replace(due_ms=max(free_ms, opened.due_ms))
    return None


def gap_ms(sent: Block | None) -> int:
    """How long a chat rests after a block; the variant with the most messages decides."""
    return CHAT_GAP_MS * (max(map(messages, (sent.content, *sent.languages.values()))) if sent else 1)


def find_step(snapshot: Snapshot, key: str) -> Step | None:
    return next((step for step in snapshot.steps if step.key == key), None)


def find_block(step: Step | None, key: str) -> Block | None:
    return next((block for block in step.blocks if block.key == key), None) if step else None


def open_step(
    newest: Snapshot, step: Step, at: Cursor, anchor_ms: int, chat_id: int, not_before_ms: int | None = None
) -> NextDelivery | None:
    """The first delivery of a step, in the episode and with the ordinal of `at`; None for a step that has nothing to
    send.

    It is due no earlier than the anchor, or than the other moment given.
    """
    block = next((block for block in step.blocks if block.active), None)
    if not step.active or block is None:
        return None
    earliest_ms = anchor_ms if not_before_ms is None else not_before_ms
    wanted = step_schedule.due(step.schedule, anchor_ms, newest.zone, earliest_ms) + block.delay_ms
    due = sending_hours.shifted(newest.window, wanted, newest.zone, chat_id)
    cursor = Cursor(at.episode_id, at.ordinal, step.key, block.key, 0)
    return NextDelivery(cursor, due, urgent=False, lead_ms=_lead_ms(block), anchor_ms=anchor_ms)


def _lead_ms(block: Block) -> int:
    return min(block.delay_ms, ACTION_MS)


def _after(step: Step, block_key: str) -> Iterator[Block]:
    keys = [block.key for block in step.blocks]
    start = keys.index(block_key) + 1 if block_key in keys else len(keys)
    return (block for block in step.blocks[start:] if block.active)


def _later_steps(newest: Snapshot, pinned: Snapshot, step_key: str, runs: frozenset[str]) -> tuple[Step, ...]:
    """The steps after this one; if it was deleted, those after the nearest earlier step that still exists. Never
    backwards.
    """
    places = {step.key: place for place, step in enumerate(newest.steps)}
    before = [step.key for step in pinned.steps]
    upto = before[: before.index(step_key) + 1] if step_key in before else [step_key]
    last_run = max((places[key] for key in runs if key in places), default=-1)
    place = next((places[key] for key in reversed(upto) if key in places), last_run)
    return newest.steps[place + 1 :]

"""The state machine of a delivery and of an episode: what a due timer means. `sequence` says what follows.

Two rules: everything that changes a delivery's status is in TRANSITIONS, and the database refuses the rest; PostgreSQL
holds the cursor (the one delivery that is scheduled or sending), Redis a copy of it, and
where they differ PostgreSQL wins.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from engine.core.campaign.forecast import forecast
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import EndEpisode, Facts, Pass, Plan, Reason, SkipStep, Verdict, Wait
from engine.core.delivery.sequence import ACTION_MS
from engine.core.schedule import sending_hours

MOST_DEFERRALS: Final = 5
"""A step that window and limits have put off this often will never fit them."""

EXPIRES_AFTER_MS: Final = 2 * 86_400_000
"""After an outage a sequence continues, unless the whole of it would have been over for this long."""

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
    runs: tuple[str, ...]
    facts: Facts
    last_active_ms: int = 0
    """No earlier than the moment up to which the bot is doubted."""
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
    """Redis's copy was old, of the place or of the due: go to where PostgreSQL is."""


class Announce(NamedTuple):
    """The block is ours and almost due: the person may see that it is coming."""


class Forget(NamedTuple):
    """The episode is over: remove the timer."""


Decision = Send | Advance | Withhold | Drop | Close | Rest | Defer | Follow | Announce | Forget


def decide(found: Found, expected: Cursor, verdict: Verdict, now_ms: int, held_due_ms: int) -> Decision:
    """`held_due_ms` is the due in Redis's copy, by which the verdict judged whether it is too late."""
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
    return _scheduled(found, verdict, now_ms, held_due_ms)


def _scheduled(found: Found, verdict: Verdict, now_ms: int, held_due_ms: int) -> Decision:
    if found.due_ms > now_ms:
        return _early(found.due_ms - now_ms, verdict)
    return Follow() if found.due_ms > held_due_ms else _refused(verdict, found.deferrals)


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
    turn_ms = sending_hours.turn(hours, now_ms, zone, chat_id)
    return None if turn_ms == now_ms else turn_ms


def _step_refusal(step: Step | None, block: Block | None) -> Reason | None:
    if step is None or block is None:
        return Reason.STEP_DELETED
    return None if step.active and block.active else Reason.STEP_OFF

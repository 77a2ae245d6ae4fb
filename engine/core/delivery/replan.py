"""What happens to the people who wait when the campaign changes: pure, one person at a time.

Only a step that has not begun is planned again; a begun one finishes as it began, and only a pause delays it. Dues are
computed from the anchor that was stored with them, so that doing it twice gives the same result. A due that would be
past is spread over ten minutes, never sent in a burst; nobody is sent a message at once because a step was inserted
before their place.

A pause stops delays only: people who wait for an hour of the day are sent the step at that hour, the next one if it is
past. A pause is added once, because each row stores the last replan that looked at it.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.delivery import state_machine
from engine.core.delivery.cursor import Cursor
from engine.core.schedule import sending_hours
from engine.core.schedule.step_schedule import OnDay

SPREAD_MS: Final = 600_000

Mode: TypeAlias = Literal["update", "keep"]
"""People who wait are planned again, or keep the hour that they wait for."""
Policy: TypeAlias = Literal["continue", "as_if_never_paused", "restart"]
"""What a pause does to a delay: none of it has passed, all of it has, or it starts again."""


class Published(msgspec.Struct, frozen=True, tag="publish"):
    """A version with other hours or another order."""

    mode: Mode = "update"


class Included(msgspec.Struct, frozen=True, tag="include"):
    """A shorter threshold counts for silences that are already armed."""


class Resumed(msgspec.Struct, frozen=True, tag="resume"):
    """A pause that began then is over."""

    paused_ms: int
    policy: Policy = "continue"


class Welcomed(msgspec.Struct, frozen=True, tag="welcome"):
    """Silences from before the activation count."""


Change: TypeAlias = Published | Included | Resumed | Welcomed


class Pause(NamedTuple):
    """The time in which nothing went out, and what it does to delays."""

    began_ms: int
    over_ms: int
    policy: Policy


class Waiting(NamedTuple):
    """A delivery that is scheduled; its step has begun if the cursor is pinned. `last_step` is the step completed
    before it, if any.
    """

    chat_id: int
    cursor: Cursor
    version: int
    due_ms: int
    anchor_ms: int | None
    last_step: str | None
    runs: frozenset[str]


class Stay(NamedTuple):
    """The delivery keeps its slot."""


class Move(NamedTuple):
    """The person now waits for this delivery, due then; `wake_ms` is when the timer fires."""

    cursor: Cursor
    due_ms: int
    wake_ms: int
    anchor_ms: int | None


class Finish(NamedTuple):
    """The sequence has nothing left for this person."""


Fate: TypeAlias = Stay | Move | Finish


def replans(before: Snapshot, after: Snapshot) -> bool:
    """Whether a version moves anybody who waits: only other hours or another order do, not the blocks."""
    return _hours(before) != _hours(after)


def fate(change: Change, newest: Snapshot, waiting: Waiting, now_ms: int) -> Fate:
    """What happens to one person who waits; `now_ms` is when the change was made."""
    match change:
        case Published(mode="update"):
            return _published(newest, waiting, now_ms)
        case Published():
            return _kept(newest, waiting)
        case Resumed(paused_ms=paused_ms, policy=policy):
            return _resumed(newest, waiting, paused_ms, policy, now_ms)
        case _:
            return Stay()


def included_due_ms(newest: Snapshot, chat_id: int, seen_ms: int, due_ms: int, now_ms: int) -> int:
    """When an armed silence begins its episode, once a shorter threshold counts for it."""
    return min(due_ms, max(seen_ms + newest.threshold_ms, now_ms + sending_hours.spread_over(chat_id, SPREAD_MS)))


def resumed_due_ms(
    newest: Snapshot, pauses: Sequence[Pause], chat_id: int, seen_ms: int, due_ms: int | None = None
) -> int:
    """When a silence begins its episode, once the last of these pauses is over; the oldest pause comes first.

    `due_ms` is the due of an armed timer, if there is one: before the end of the pause it cannot have been moved. All
    other timers are computed from all pauses, so that doing it twice gives the same result. A due that is too late is
    left to the gate.
    """
    last = pauses[-1]
    if due_ms is not None and seen_ms >= last.over_ms:
        return due_ms
    if due_ms is not None and due_ms <= last.over_ms:
        planned_ms = _stood(newest, last, seen_ms, due_ms)
    else:
        planned_ms = max(_through_all(newest, pauses, seen_ms), due_ms or 0)
    late_ms = last.over_ms - planned_ms
    if late_ms < 0 or (last.policy == "as_if_never_paused" and late_ms > newest.lateness_ms):
        return planned_ms
    return last.over_ms + sending_hours.spread_over(chat_id, SPREAD_MS)


def _through_all(newest: Snapshot, pauses: Sequence[Pause], seen_ms: int) -> int:
    planned_ms = seen_ms + newest.threshold_ms
    for pause in pauses:
        planned_ms = _stood(newest, pause, seen_ms, planned_ms)
    return planned_ms


def _stood(newest: Snapshot, pause: Pause, seen_ms: int, planned_ms: int) -> int:
    """The moment at which a silence would have lasted long enough, moved by a pause."""
    began_ms = max(pause.began_ms, seen_ms)
    if not began_ms < pause.over_ms:
        return planned_ms
    match pause.policy:
        case "restart":
            return max(planned_ms, pause.over_ms + newest.threshold_ms)
        case "continue" if planned_ms > began_ms:
            return planned_ms + pause.over_ms - began_ms
        case _:
            return planned_ms


def _published(newest: Snapshot, waiting: Waiting, now_ms: int) -> Fate:
    awaited = state_machine.find_step(newest, waiting.cursor.step)
    if waiting.anchor_ms is None or awaited is None or not _sends(awaited):
        return Stay()
    ahead = [step for step in _ahead(newest, waiting) if _sends(step)]
    if not ahead:
        return Finish()
    for step in ahead:
        moved = _move(newest, step, waiting, waiting.anchor_ms)
        if step.key == awaited.key or moved.due_ms > now_ms:
            return _not_past(moved, newest, waiting, now_ms)
    return _not_past(_move(newest, ahead[0], waiting, waiting.anchor_ms), newest, waiting, now_ms)


def _kept(newest: Snapshot, waiting: Waiting) -> Fate:
    """At the old hour, the block with which the step begins now."""
    awaited = state_machine.find_step(newest, waiting.cursor.step)
    if awaited is None or not _sends(awaited):
        return Stay()
    cursor = _move(newest, awaited, waiting, waiting.due_ms).cursor
    return (
        Stay() if cursor == waiting.cursor else _at(waiting._replace(cursor=cursor), waiting.due_ms, waiting.anchor_ms)
    )


def _resumed(newest: Snapshot, waiting: Waiting, paused_ms: int, policy: Policy, now_ms: int) -> Fate:
    if policy == "as_if_never_paused":
        late = now_ms - waiting.due_ms
        return _spread(waiting, newest, now_ms) if 0 < late <= newest.lateness_ms else Stay()
    if waiting.cursor.pinned:
        stood_ms = max(0, now_ms - paused_ms)
        return _at(waiting, _shifted_ms(newest, waiting, waiting.due_ms + stood_ms), waiting.anchor_ms)
    step = state_machine.find_step(newest, waiting.cursor.step)
    if step is None or not _sends(step):
        return Stay()
    if policy == "restart":
        return _move(newest, step, waiting, now_ms)
    return _continued(newest, step, waiting, paused_ms, now_ms)


def _continued(newest: Snapshot, step: Step, waiting: Waiting, paused_ms: int, now_ms: int) -> Fate:
    """A delay keeps the time that was left; an hour of the day becomes the next such hour."""
    anchor_ms = waiting.due_ms if waiting.anchor_ms is None else waiting.anchor_ms
    if isinstance(step.schedule, OnDay):
        return Stay() if waiting.due_ms > now_ms else _move(newest, step, waiting, anchor_ms, now_ms)
    stood_ms = max(0, now_ms - max(paused_ms, anchor_ms))
    return _at(waiting, _shifted_ms(newest, waiting, waiting.due_ms + stood_ms), anchor_ms + stood_ms)


def _ahead(newest: Snapshot, waiting: Waiting) -> list[Step]:
    """The steps after the last completed one, in the newest order, that this person has not had."""
    places = {step.key: place for place, step in enumerate(newest.steps)}
    done = [places[key] for key in waiting.runs if key in places]
    last = places.get(waiting.last_step or "", max(done, default=-1))
    return [step for step in newest.steps[last + 1 :] if step.key not in waiting.runs]


def _move(newest: Snapshot, step: Step, waiting: Waiting, anchor_ms: int, not_before_ms: int | None = None) -> Move:
    opened = state_machine.open_step(newest, step, waiting.cursor, anchor_ms, waiting.chat_id, not_before_ms)
    if opened is None:
        raise AssertionError(f"Step {step.key} sends nothing, and was chosen all the same.")
    return Move(opened.cursor, opened.due_ms, opened.wake_ms, anchor_ms)


def _not_past(move: Move, newest: Snapshot, waiting: Waiting, now_ms: int) -> Move:
    """A due that is past by its new hour is spread; one that was past by its old hour stays as late as it was."""
    if move.due_ms > now_ms or (move.cursor == waiting.cursor and move.due_ms == waiting.due_ms):
        return move
    due_ms = _spread_ms(waiting, newest, now_ms)
    return move._replace(due_ms=due_ms, wake_ms=due_ms)


def _spread(waiting: Waiting, newest: Snapshot, now_ms: int) -> Move:
    return _at(waiting, _spread_ms(waiting, newest, now_ms), waiting.anchor_ms)


def _spread_ms(waiting: Waiting, newest: Snapshot, now_ms: int) -> int:
    return _shifted_ms(newest, waiting, now_ms + sending_hours.spread_over(waiting.chat_id, SPREAD_MS))


def _shifted_ms(newest: Snapshot, waiting: Waiting, due_ms: int) -> int:
    return sending_hours.shifted(newest.window, due_ms, newest.zone, waiting.chat_id)


def _at(waiting: Waiting, due_ms: int, anchor_ms: int | None) -> Move:
    return Move(waiting.cursor, due_ms, due_ms, anchor_ms)


def _sends(step: Step) -> bool:
    return step.active and any(block.active for block in step.blocks)


def _hours(snapshot: Snapshot) -> tuple[object, ...]:
    steps = tuple((step.key, step.schedule, _sends(step), _first(step)) for step in snapshot.steps)
    return snapshot.zone, snapshot.window, steps


def _first(step: Step) -> tuple[str, int] | None:
    return next(((block.key, block.delay_ms) for block in step.blocks if block.active), None)

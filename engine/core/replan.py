"""What becomes of those who wait when the campaign changes under them: pure, one person at a time.

Only a step that has not begun is planned anew; a begun one finishes as it began. Dues are computed from the anchor that
was stored with them, so that doing it twice gives the same. What would be past is spread over ten minutes, never a
burst; nobody is ever sent at once because a step was put before their place.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core import sequence, window
from engine.core.campaign import Snapshot, Step
from engine.core.cursor import Cursor

SPREAD_MS: Final = 600_000

Mode: TypeAlias = Literal["update", "keep"]
"""Whoever waits is planned anew, or keeps the hour they wait for."""
Policy: TypeAlias = Literal["continue", "as_if_never_paused", "restart"]
"""What a pause has done to a delay: nothing of it has passed, all of it has, or it begins anew."""


class Published(msgspec.Struct, frozen=True, tag="publish"):
    """A version with other hours or another order."""

    mode: Mode = "update"


class Included(msgspec.Struct, frozen=True, tag="include"):
    """A shorter threshold counts for the silences that are armed already."""


class Resumed(msgspec.Struct, frozen=True, tag="resume"):
    """A pause, that began then, is over."""

    paused_ms: int
    policy: Policy = "continue"


class Welcomed(msgspec.Struct, frozen=True, tag="welcome"):
    """Silences from before the activation count."""


Change: TypeAlias = Published | Included | Resumed | Welcomed


class Waiting(NamedTuple):
    """A delivery that is scheduled and whose step has not begun. `last_step` is the one done before it, if any is."""

    chat_id: int
    cursor: Cursor
    version: int
    due_ms: int
    anchor_ms: int | None
    last_step: str | None
    runs: frozenset[str]


class Stay(NamedTuple):
    """It keeps its slot."""


class Move(NamedTuple):
    """It waits for this delivery now, due then; `wake_ms` is when its timer fires."""

    cursor: Cursor
    due_ms: int
    wake_ms: int
    anchor_ms: int | None


class Finish(NamedTuple):
    """Nothing is ahead of this person any more."""


Fate: TypeAlias = Stay | Move | Finish


def replans(before: Snapshot, after: Snapshot) -> bool:
    """Whether a version moves anybody who waits: its hours or its order differ, whatever its blocks say."""
    return _hours(before) != _hours(after)


def fate(change: Change, newest: Snapshot, waiting: Waiting, now_ms: int) -> Fate:
    """What becomes of one who waits; `now_ms` is when the change was made."""
    match change:
        case Published(mode="update"):
            return _published(newest, waiting, now_ms)
        case Published():
            return _kept(newest, waiting)
        case Resumed(paused_ms=paused_ms, policy=policy):
            return _resumed(newest, waiting, paused_ms, policy, now_ms)
        case _:
            return Stay()


def silence_due_ms(change: Change, newest: Snapshot, chat_id: int, seen_ms: int, due_ms: int, now_ms: int) -> int:
    """When an armed silence begins its episode now."""
    soonest = now_ms + window.spread_over(chat_id, SPREAD_MS)
    match change:
        case Included():
            return min(due_ms, max(seen_ms + newest.threshold_ms, soonest))
        case Resumed(paused_ms=paused_ms, policy="continue") if seen_ms < now_ms:
            return max(seen_ms + newest.threshold_ms + now_ms - max(paused_ms, seen_ms), due_ms)
        case Resumed(policy="restart") if seen_ms < now_ms:
            return max(now_ms + newest.threshold_ms, due_ms)
        case Resumed() if due_ms < now_ms:
            return soonest
        case _:
            return due_ms


def _published(newest: Snapshot, waiting: Waiting, now_ms: int) -> Fate:
    awaited = sequence.find_step(newest, waiting.cursor.step)
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
    awaited = sequence.find_step(newest, waiting.cursor.step)
    if awaited is None or not _sends(awaited):
        return Stay()
    cursor = _move(newest, awaited, waiting, waiting.due_ms).cursor
    return (
        Stay() if cursor == waiting.cursor else _at(waiting._replace(cursor=cursor), waiting.due_ms, waiting.anchor_ms)
    )


def _resumed(newest: Snapshot, waiting: Waiting, paused_ms: int, policy: Policy, now_ms: int) -> Fate:
    step = sequence.find_step(newest, waiting.cursor.step)
    anchor_ms = waiting.due_ms if waiting.anchor_ms is None else waiting.anchor_ms
    if step is None or not _sends(step):
        return Stay()
    match policy:
        case "restart":
            return _move(newest, step, waiting, now_ms)
        case "continue":
            stood_ms = now_ms - max(paused_ms, anchor_ms)
            due_ms = window.shifted(newest.window, waiting.due_ms + max(0, stood_ms), newest.zone, waiting.chat_id)
            return _at(waiting, due_ms, anchor_ms + max(0, stood_ms))
        case _:
            late = now_ms - waiting.due_ms
            return _spread(waiting, newest, now_ms) if 0 < late <= newest.lateness_ms else Stay()


def _ahead(newest: Snapshot, waiting: Waiting) -> list[Step]:
    """The steps after the last one done, in the newest order, that this person has not had."""
    places = {step.key: place for place, step in enumerate(newest.steps)}
    done = [places[key] for key in waiting.runs if key in places]
    last = places.get(waiting.last_step or "", max(done, default=-1))
    return [step for step in newest.steps[last + 1 :] if step.key not in waiting.runs]


def _move(newest: Snapshot, step: Step, waiting: Waiting, anchor_ms: int) -> Move:
    opened = sequence.open_step(newest, step, waiting.cursor, anchor_ms, waiting.chat_id)
    if opened is None:
        raise AssertionError(f"Step {step.key} sends nothing, and was chosen all the same.")
    return Move(opened.cursor, opened.due_ms, opened.wake_ms, anchor_ms)


def _not_past(move: Move, newest: Snapshot, waiting: Waiting, now_ms: int) -> Move:
    """What is past already by its new hour is spread; what was past by its old one stays as late as it was."""
    if move.due_ms > now_ms or (move.cursor == waiting.cursor and move.due_ms == waiting.due_ms):
        return move
    due_ms = _spread_ms(waiting, newest, now_ms)
    return move._replace(due_ms=due_ms, wake_ms=due_ms)


def _spread(waiting: Waiting, newest: Snapshot, now_ms: int) -> Move:
    return _at(waiting, _spread_ms(waiting, newest, now_ms), waiting.anchor_ms)


def _spread_ms(waiting: Waiting, newest: Snapshot, now_ms: int) -> int:
    due_ms = now_ms + window.spread_over(waiting.chat_id, SPREAD_MS)
    return window.shifted(newest.window, due_ms, newest.zone, waiting.chat_id)


def _at(waiting: Waiting, due_ms: int, anchor_ms: int | None) -> Move:
    return Move(waiting.cursor, due_ms, due_ms, anchor_ms)


def _sends(step: Step) -> bool:
    return step.active and any(block.active for block in step.blocks)


def _hours(snapshot: Snapshot) -> tuple[object, ...]:
    steps = tuple((step.key, step.schedule, _sends(step), _first(step)) for step in snapshot.steps)
    return snapshot.zone, snapshot.window, steps


def _first(step: Step) -> tuple[str, int] | None:
    return next(((block.key, block.delay_ms) for block in step.blocks if block.active), None)

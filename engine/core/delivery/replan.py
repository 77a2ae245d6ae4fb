"""What happens to the people who wait when the campaign changes: pure, one person at a time.

Only a step that has not begun is planned again; a begun one finishes as it began, and only a pause delays it. A due is
always computed by `sequence.open_step` from what is stored with it: the anchor, what pauses did to the wait, and the
version whose hours the person keeps. So a resume and a publication agree in any order, and doing either twice gives the
same result.

A publication moves only people whose plan it changes: the rest keep their due, also where it was spread, put off or
kept. A due that would be past is spread over ten minutes, never sent in a burst; nobody is sent a message at once
because a step was inserted before their place. Hours that are kept last until their own step changes.

A pause stops delays only: people who wait for an hour of the day are sent the step at that hour, the next one if it is
past. A pause is added once, because each row stores the last replan that looked at it.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.delivery import sequence
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.sequence import Anchor, NextDelivery
from engine.core.schedule import sending_hours

SPREAD_MS: Final = 600_000

Mode: TypeAlias = Literal["update", "keep"]
"""People who wait are planned again, or keep the hour that they wait for."""
Policy: TypeAlias = Literal["continue", "as_if_never_paused", "restart"]
"""What a pause does to a delay: none of it has passed, all of it has, or it starts again."""


class Published(msgspec.Struct, frozen=True, tag="publish"):
    """A version with other hours or another order, and the number of the one before it."""

    mode: Mode = "update"
    before: int = 0
    after: int = 0


class Included(msgspec.Struct, frozen=True, tag="include"):
    """A shorter threshold counts for silences that are already armed."""


class Resumed(msgspec.Struct, frozen=True, tag="resume"):
    """A pause that began then is over; `version` is the one published at that moment."""

    paused_ms: int
    policy: Policy = "continue"
    version: int = 0


class Welcomed(msgspec.Struct, frozen=True, tag="welcome"):
    """Silences from before the activation count."""


Change: TypeAlias = Published | Included | Resumed | Welcomed


class Waiting(NamedTuple):
    """A delivery that is scheduled; its step has begun if the cursor is pinned. `runs`: the steps had before, in order.

    `kept`: the version whose hours the person keeps, 0 for none; `deferrals`: how often the gate has put it off.
    """

    chat_id: int
    cursor: Cursor
    version: int
    due_ms: int
    anchor: Anchor | None
    runs: tuple[str, ...]
    kept: int = 0
    deferrals: int = 0


class Versions(NamedTuple):
    """The versions that count for a person: the one published, the one before it, the one whose hours are kept."""

    newest: Snapshot
    before: Snapshot | None = None
    kept: Snapshot | None = None

    @property
    def planned(self) -> Snapshot | None:
        """The version by which the person's due was computed."""
        return self.kept or self.before

    @property
    def hours(self) -> Snapshot:
        """The version whose hours the person waits for now."""
        return self.kept or self.newest


class Stay(NamedTuple):
    """The delivery keeps its slot."""


class Move(NamedTuple):
    """The person now waits for this delivery, due then; `wake_ms` is when the timer fires."""

    cursor: Cursor
    due_ms: int
    wake_ms: int
    anchor: Anchor | None
    kept: int = 0


class Finish(NamedTuple):
    """The sequence has nothing left for this person."""


Fate: TypeAlias = Stay | Move | Finish


def replans(before: Snapshot, after: Snapshot) -> bool:
    """Whether a version moves anybody who waits: only other hours or another order do, not the blocks."""
    return _hours(before) != _hours(after)


def fate(change: Change, versions: Versions, waiting: Waiting, now_ms: int) -> Fate:
    """What happens to one person who waits; `now_ms` is when the change was made."""
    match change:
        case Published(mode="update"):
            return _published(versions, waiting, now_ms)
        case Published(before=before):
            return _kept(versions, waiting, before, now_ms)
        case Resumed():
            return _resumed(versions, waiting, change, now_ms)
        case _:
            return Stay()


def _published(versions: Versions, waiting: Waiting, now_ms: int) -> Fate:
    newest, anchor = versions.newest, waiting.anchor
    awaited = _sending(newest, waiting.cursor.step)
    if anchor is None or awaited is None:
        return Stay()
    if versions.kept and _same_hours(versions.before, awaited):
        return _at_its_due(newest, awaited, waiting, anchor, waiting.kept)
    planned = [_open(newest, step, waiting, anchor) for step in sequence.ahead(newest, waiting.runs) if sends(step)]
    if not planned:
        return Finish()
    chosen = _next(planned, awaited, now_ms)
    if chosen.cursor.step == awaited.key and _due_ms(versions.planned, waiting, anchor) == chosen.due_ms:
        return _at_its_due(newest, awaited, waiting, anchor, 0)
    return _not_past(chosen, newest, waiting, now_ms)


def _next(planned: Sequence[NextDelivery], awaited: Step, now_ms: int) -> NextDelivery:
    """The first of what is ahead; a step before the awaited one only while its hour is ahead too."""
    if all(one.cursor.step != awaited.key for one in planned):
        return planned[0]
    return next(one for one in planned if one.cursor.step == awaited.key or one.due_ms > now_ms)


def _at_its_due(newest: Snapshot, awaited: Step, waiting: Waiting, anchor: Anchor, kept: int) -> Fate:
    """At the due that the person waits for, the block with which the step begins now."""
    opened = _open(newest, awaited, waiting, anchor)
    if (opened.cursor, kept) == (waiting.cursor, waiting.kept):
        return Stay()
    return Move(opened.cursor, waiting.due_ms, waiting.due_ms - opened.lead_ms, anchor, kept)


def _kept(versions: Versions, waiting: Waiting, before: int, now_ms: int) -> Fate:
    """Whom the version would move keeps the awaited step at its due, and remembers by which version it was planned."""
    wished = _published(versions, waiting, now_ms)
    awaited, anchor = _sending(versions.newest, waiting.cursor.step), waiting.anchor
    if awaited is None or anchor is None or _is_unmoved(wished, waiting):
        return wished
    return _at_its_due(versions.newest, awaited, waiting, anchor, waiting.kept or before)


def _is_unmoved(wished: Fate, waiting: Waiting) -> bool:
    """Whether only the block with which the step begins is another one, if anything."""
    if isinstance(wished, Move):
        return (wished.cursor.step, wished.due_ms) == (waiting.cursor.step, waiting.due_ms)
    return isinstance(wished, Stay)


def _resumed(versions: Versions, waiting: Waiting, change: Resumed, now_ms: int) -> Fate:
    if change.policy == "as_if_never_paused":
        late_ms = now_ms - waiting.due_ms
        return _spread(waiting, versions.hours, now_ms) if 0 < late_ms <= versions.newest.lateness_ms else Stay()
    if waiting.cursor.pinned or waiting.anchor is None:
        return _later(versions.newest, waiting, max(0, now_ms - change.paused_ms), now_ms)
    if change.policy == "restart":
        return _planned(versions, waiting._replace(anchor=Anchor(now_ms)))
    stood_ms = max(0, now_ms - max(change.paused_ms, waiting.anchor.at_ms))
    anchor = Anchor(waiting.anchor.at_ms, waiting.anchor.stood_ms + stood_ms, now_ms)
    return _continued(versions, waiting._replace(anchor=anchor), now_ms)


def _later(newest: Snapshot, waiting: Waiting, stood_ms: int, now_ms: int) -> Fate:
    """The rest of a begun step is as much later as the pause was long, unless the gate said when it may be sent."""
    if not waiting.deferrals:
        return _at(waiting, _shifted_ms(newest, waiting, waiting.due_ms + stood_ms))
    return Stay() if waiting.due_ms > now_ms else _spread(waiting, newest, now_ms)


def _continued(versions: Versions, waiting: Waiting, now_ms: int) -> Move:
    """A step that was due before the pause, or was put off, keeps a due that is ahead; an overdue one is spread."""
    planned = _planned(versions, waiting)
    overdue = planned.due_ms <= now_ms
    if waiting.due_ms > now_ms and (overdue or waiting.deferrals):
        return _at(waiting, waiting.due_ms)
    gone = _sending(versions.newest, waiting.cursor.step) is None
    return _spread(waiting, versions.hours, now_ms) if overdue and not gone else planned


def _planned(versions: Versions, waiting: Waiting) -> Move:
    """The awaited step, planned from its anchor; one that has nothing to send any more keeps its slot."""
    step, anchor = _sending(versions.hours, waiting.cursor.step), waiting.anchor
    if step is None or anchor is None or _sending(versions.newest, waiting.cursor.step) is None:
        return _at(waiting, waiting.due_ms)
    opened = _open(versions.hours, step, waiting, anchor)
    return Move(waiting.cursor, opened.due_ms, opened.wake_ms, anchor, waiting.kept)


def _due_ms(planned: Snapshot | None, waiting: Waiting, anchor: Anchor) -> int | None:
    """The due of the awaited step by the version by which it was planned."""
    step = _sending(planned, waiting.cursor.step) if planned else None
    return _open(planned, step, waiting, anchor).due_ms if planned and step else None


def _open(newest: Snapshot, step: Step, waiting: Waiting, anchor: Anchor) -> NextDelivery:
    opened = sequence.open_step(newest, step, waiting.cursor, anchor, waiting.chat_id)
    if opened is None:
        raise AssertionError(f"Step {step.key} sends nothing, and was chosen all the same.")
    return opened


def _not_past(chosen: NextDelivery, newest: Snapshot, waiting: Waiting, now_ms: int) -> Move:
    """A due that is past by its new hour is spread; one that was past by its old hour stays as late as it was."""
    if chosen.due_ms > now_ms or (chosen.cursor == waiting.cursor and chosen.due_ms == waiting.due_ms):
        return Move(chosen.cursor, chosen.due_ms, chosen.wake_ms, waiting.anchor)
    return _spread(waiting._replace(cursor=chosen.cursor, kept=0), newest, now_ms)


def _spread(waiting: Waiting, newest: Snapshot, now_ms: int) -> Move:
    due_ms = _shifted_ms(newest, waiting, now_ms + sending_hours.spread_over(waiting.chat_id, SPREAD_MS))
    return _at(waiting, due_ms)


def _shifted_ms(newest: Snapshot, waiting: Waiting, due_ms: int) -> int:
    return sending_hours.shifted(newest.window, due_ms, newest.zone, waiting.chat_id)


def _at(waiting: Waiting, due_ms: int) -> Move:
    return Move(waiting.cursor, due_ms, due_ms, waiting.anchor, waiting.kept)


def _sending(snapshot: Snapshot, key: str) -> Step | None:
    """The step of this key, if it has something to send."""
    step = sequence.find_step(snapshot, key)
    return step if step and sends(step) else None


def _same_hours(before: Snapshot | None, awaited: Step) -> bool:
    was = _sending(before, awaited.key) if before else None
    return was is not None and (was.schedule, _delay_ms(was)) == (awaited.schedule, _delay_ms(awaited))


def _delay_ms(step: Step) -> int:
    return next(block.delay_ms for block in step.blocks if block.active)


def sends(step: Step) -> bool:
    return step.active and any(block.active for block in step.blocks)


def _hours(snapshot: Snapshot) -> tuple[object, ...]:
    steps = tuple((step.key, step.schedule, sends(step), _first(step)) for step in snapshot.steps)
    return snapshot.zone, snapshot.window, steps


def _first(step: Step) -> tuple[str, int] | None:
    return next(((block.key, block.delay_ms) for block in step.blocks if block.active), None)

"""What a publication and the end of a pause do to somebody who waits, or is silent."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.questions.simulate.campaign import Campaign, Step
from bench.questions.simulate.oracle.calendar import SPREAD_MS, own_moment
from bench.questions.simulate.oracle.planning import (
    Anchor,
    Wait,
    ahead,
    first_wait,
    in_hours,
    opening,
    sending,
    spread,
)


class Over(NamedTuple):
    """A pause that is over, and what it does to delays."""

    began_ms: int
    ended_ms: int
    policy: str


class Edited(NamedTuple):
    """A publication: the campaign before and since, and as of when people are planned. While a campaign is paused, time
    stands still for them.
    """

    before: Campaign
    now: Campaign
    at_ms: int


def moves_people(before: Campaign, now: Campaign) -> bool:
    """New words, settings and further blocks move nobody who waits."""
    return _times(before) != _times(now)


def published(wait: Wait, edited: Edited, had: Sequence[str], person: int, *, keep: bool) -> Wait | None:
    """The wait of somebody whose step has not begun; None if nothing is left for them."""
    wished = _updated(wait, edited, had, person)
    step = sending(edited.now, wait.step)
    if not keep or step is None or (wished and (wished.step, wished.due_ms) == (wait.step, wait.due_ms)):
        return wished
    return _at_its_due(wait, step)._replace(kept=wait.kept or edited.before)


def _updated(wait: Wait, edited: Edited, had: Sequence[str], person: int) -> Wait | None:
    now, anchor, step = edited.now, wait.anchor, sending(edited.now, wait.step)
    if anchor is None or step is None:
        return wait
    if wait.kept and _same_time(sending(edited.before, wait.step), step):
        return _at_its_due(wait, step)
    steps = [(one, opening(now, one, anchor, person)) for one in ahead(now, had)]
    if not steps:
        return None
    awaited = any(one.key == wait.step for one, _ in steps)
    chosen, due_ms = next(
        (one, due_ms) for one, due_ms in steps if not awaited or one.key == wait.step or due_ms > edited.at_ms
    )
    if chosen.key == wait.step and due_ms == _due_before(wait, edited.before, anchor, person):
        return _at_its_due(wait, step)._replace(kept=None)
    there = Wait(chosen.key, chosen.sent[0].key, wait.due_ms, anchor, None, None, wait.deferrals)
    as_late_as_it_was = (there.step, there.block, due_ms) == (wait.step, wait.block, wait.due_ms)
    if due_ms > edited.at_ms or as_late_as_it_was:
        return there.moved(due_ms)
    return there.moved(spread(now, edited.at_ms, person, SPREAD_MS))


def resumed(wait: Wait, pause: Over, now: Campaign, person: int) -> Wait:
    """The wait of somebody who waited through a pause."""
    if pause.policy == "as_if_never_paused":
        late_ms = pause.ended_ms - wait.due_ms
        return _caught_up(wait, wait.kept or now, pause, person) if 0 < late_ms <= now.lateness_ms else wait
    if wait.anchor is None:
        return _rest_of_step(wait, pause, now, person)
    if pause.policy == "restart":
        return _planned(wait._replace(anchor=Anchor(pause.ended_ms)), now, person)
    return _continued(wait, wait.anchor, pause, now, person)


def silence_due(seen_ms: int, threshold_ms: int, pauses: Sequence[Over]) -> int:
    """When a silence has lasted long enough, if it stood still through these pauses."""
    due_ms = seen_ms + threshold_ms
    for pause in pauses:
        due_ms = _stood(due_ms, seen_ms, threshold_ms, pause)
    return due_ms


def resumed_silence(armed_ms: int, seen_ms: int, pauses: Sequence[Over], now: Campaign, person: int) -> int:
    """When a silence that has begun nothing begins its sequence, as the last of the pauses ends."""
    pause = pauses[-1]
    ahead = armed_ms > pause.ended_ms
    moved_ms = armed_ms if ahead else _stood(armed_ms, seen_ms, now.threshold_ms, pause)
    due_ms = max(silence_due(seen_ms, now.threshold_ms, pauses), moved_ms)
    late_ms = pause.ended_ms - due_ms
    if late_ms < 0 or (pause.policy == "as_if_never_paused" and late_ms > now.lateness_ms):
        return due_ms
    return pause.ended_ms + own_moment(person, SPREAD_MS)


def _stood(due_ms: int, seen_ms: int, threshold_ms: int, pause: Over) -> int:
    began_ms = max(pause.began_ms, seen_ms)
    if began_ms >= pause.ended_ms:
        return due_ms
    if pause.policy == "restart":
        return max(due_ms, pause.ended_ms + threshold_ms)
    if pause.policy == "continue" and due_ms > began_ms:
        return due_ms + pause.ended_ms - began_ms
    return due_ms


def _rest_of_step(wait: Wait, pause: Over, now: Campaign, person: int) -> Wait:
    """Of a step that has begun: as much later as the pause was long, unless hours or limits have given it a time."""
    if not wait.deferrals:
        return wait.moved(in_hours(now, wait.due_ms + pause.ended_ms - pause.began_ms, person))
    return wait if wait.due_ms > pause.ended_ms else _caught_up(wait, now, pause, person)


def _continued(wait: Wait, anchor: Anchor, pause: Over, now: Campaign, person: int) -> Wait:
    """A fixed time that has passed is the next day's; what is overdue all the same is spread."""
    stood_ms = anchor.stood_ms + max(0, pause.ended_ms - max(pause.began_ms, anchor.at_ms))
    wait = wait._replace(anchor=Anchor(anchor.at_ms, stood_ms, pause.ended_ms))
    planned = _planned(wait, now, person)
    overdue = planned.due_ms <= pause.ended_ms
    if wait.due_ms > pause.ended_ms and (overdue or wait.deferrals):
        return wait
    gone = sending(now, wait.step) is None
    return _caught_up(wait, wait.kept or now, pause, person) if overdue and not gone else planned


def _planned(wait: Wait, now: Campaign, person: int) -> Wait:
    """By the times that the person keeps, or the newest; a step that is gone keeps its slot."""
    by = wait.kept or now
    step = sending(by, wait.step)
    if step is None or wait.anchor is None or sending(now, wait.step) is None:
        return wait
    return wait.moved(opening(by, step, wait.anchor, person))


def _caught_up(wait: Wait, by: Campaign, pause: Over, person: int) -> Wait:
    return wait.moved(spread(by, pause.ended_ms, person, SPREAD_MS))


def _at_its_due(wait: Wait, step: Step) -> Wait:
    """The step may begin with another block now."""
    return wait._replace(block=step.sent[0].key)


def _due_before(wait: Wait, before: Campaign, anchor: Anchor, person: int) -> int | None:
    by = wait.kept or before
    step = sending(by, wait.step)
    return first_wait(by, step, anchor, person).due_ms if step else None


def _same_time(was: Step | None, step: Step) -> bool:
    return was is not None and (was.schedule, was.sent[0].delay_ms) == (step.schedule, step.sent[0].delay_ms)


def _times(campaign: Campaign) -> object:
    steps = [(step.key, step.schedule, [(one.key, one.delay_ms) for one in step.sent[:1]]) for step in campaign.steps]
    return campaign.zone, campaign.hours, steps

"""Which step comes next, and when it is due."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Final, NamedTuple

from bench.questions.simulate.campaign import SECOND_MS, After, Block, Campaign, Schedule, Step
from bench.questions.simulate.oracle.calendar import day_of, moment, opens, own_moment, turn

GAP_MS: Final = SECOND_MS
"""Telegram wants so much between two messages to one chat."""


class Anchor(NamedTuple):
    """The moment from which a schedule counts: delays stood still for `stood_ms`, hours up to `past_ms` are over."""

    at_ms: int
    stood_ms: int = 0
    past_ms: int = 0


class Wait(NamedTuple):
    """The message that comes next. `begun`: the campaign as it was when the step began; `kept`: the one whose times
    the person keeps; `deferrals`: how often hours and limits have put it off.
    """

    step: str
    block: str
    due_ms: int
    anchor: Anchor | None = None
    begun: Campaign | None = None
    kept: Campaign | None = None
    deferrals: int = 0

    def moved(self, due_ms: int) -> "Wait":
        """At another time it has not been put off yet."""
        return self._replace(due_ms=due_ms, deferrals=self.deferrals if due_ms == self.due_ms else 0)


def sending(campaign: Campaign, key: str) -> Step | None:
    """The step, if it has something to send."""
    step = campaign.step(key)
    return step if step and step.sent else None


def ahead(campaign: Campaign, had: Sequence[str]) -> list[Step]:
    """What somebody who has had these steps may still get: never the same twice, never backwards."""
    keys = [step.key for step in campaign.steps]
    place = next((keys.index(key) for key in reversed(had) if key in keys), -1)
    return [step for step in campaign.steps[place + 1 :] if step.key not in had and step.sent]


def opening(campaign: Campaign, step: Step, anchor: Anchor, person: int) -> int:
    """When the first message of a step is due."""
    delay_ms = step.sent[0].delay_ms
    dues = (
        in_hours(campaign, at_ms + delay_ms, person) for at_ms in _occurrences(step.schedule, campaign.zone, anchor)
    )
    return next(due_ms for due_ms in dues if isinstance(step.schedule, After) or due_ms > anchor.past_ms)


def first_wait(campaign: Campaign, step: Step, anchor: Anchor, person: int, floor_ms: int = 0) -> Wait:
    due_ms = max(floor_ms, opening(campaign, step, anchor, person))
    return Wait(step.key, step.sent[0].key, due_ms, anchor)


def next_block(step: Step, key: str) -> Block | None:
    keys = [block.key for block in step.blocks]
    return next((block for block in step.blocks[keys.index(key) + 1 :] if block.active), None)


def last_due(campaign: Campaign, wait: Wait) -> int:
    """When the last step would be due if the awaited one went out in time."""
    keys = [step.key for step in campaign.steps]
    place = keys.index(wait.step) + 1 if wait.step in keys else 0
    due_ms = anchor_ms = wait.due_ms
    for step in (step for step in campaign.steps[place:] if step.sent):
        due_ms = next(_occurrences(step.schedule, campaign.zone, Anchor(anchor_ms))) + step.sent[0].delay_ms
        opens_ms = opens(campaign.hours, campaign.zone, due_ms) if campaign.hours else due_ms
        dropped = opens_ms > due_ms and campaign.hours is not None and campaign.hours.outside == "drop"
        due_ms = due_ms if dropped else opens_ms
        anchor_ms = due_ms + (0 if dropped else sum(block.delay_ms for block in step.sent[1:]))
    return due_ms


def in_hours(campaign: Campaign, due_ms: int, person: int) -> int:
    """A message that is due outside the hours waits for them; one that would be dropped there keeps its due."""
    hours = campaign.hours
    return turn(hours, campaign.zone, due_ms, person) if hours and hours.outside != "drop" else due_ms


def spread(campaign: Campaign, from_ms: int, person: int, most_ms: int) -> int:
    """In a person's own moment of the catch-up, and within the hours."""
    return in_hours(campaign, from_ms + own_moment(person, most_ms), person)


def _occurrences(schedule: Schedule, zone: str, anchor: Anchor) -> Iterator[int]:
    """A delay is over once, an hour of the day comes again each day."""
    if isinstance(schedule, After):
        yield anchor.at_ms + anchor.stood_ms + schedule.delay_ms
        return
    start = day_of(anchor.at_ms, zone)
    for days in count(schedule.days):
        yield moment(start + timedelta(days=days), schedule.minutes, zone)

"""What the admins of a bot do in a run, a few times a day: every kind of edit, and pauses of every kind in between.

An edit follows from the seed and from the campaign before it. A campaign always has something to send.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from bench.questions.simulate.campaign import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    After,
    Block,
    Campaign,
    Hours,
    Limits,
    OnDay,
    Schedule,
    Step,
    hours_in_words,
    in_words,
)
from bench.questions.simulate.story import (
    TICK_MS,
    Activate,
    Change,
    Edit,
    Finish,
    Hold,
    Pause,
    Publish,
    Release,
    Resume,
    Stop,
)

_MOST_STEPS: Final = 6
_BETWEEN_MS: Final = (HOUR_MS, 20 * HOUR_MS)
_KEEPS: Final = 0.25
_PUBLISHES_MEANWHILE: Final = 0.5
_INCLUDES: Final = 0.5

_ZONES: Final = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo")
_THRESHOLDS_MS: Final = tuple(minutes * MINUTE_MS for minutes in (10, 15, 20, 40, 90))
_DELAYS_MS: Final = (0, 0, 0, 20 * SECOND_MS, 90 * SECOND_MS, 8 * MINUTE_MS)
_LATENESS_MS: Final = (HOUR_MS, 6 * HOUR_MS, DAY_MS)
_SCHEDULES: Final[tuple[Schedule, ...]] = (
    After(0),
    After(5 * MINUTE_MS),
    After(40 * MINUTE_MS),
    After(3 * HOUR_MS),
    After(DAY_MS),
    OnDay(1, 2 * 60 + 30),
    OnDay(1, 9 * 60 + 30),
    OnDay(1, 23 * 60 + 50),
    OnDay(2, 18 * 60),
)
_HOURS: Final = (
    None,
    None,
    Hours(9 * 60, 21 * 60),
    Hours(9 * 60, 21 * 60, outside="drop"),
    Hours(10 * 60, 18 * 60, outside="strict"),
    Hours(20 * 60, 2 * 60 + 30),
    Hours(9 * 60, 18 * 60, (1, 2, 3, 4, 5)),
    Hours(60, 3 * 60, (1, 3, 5, 7), "strict"),
)
_LIMITS: Final = (
    Limits(),
    Limits(),
    Limits(per_day=1),
    Limits(per_day=3, per_week=8, again_after_ms=DAY_MS, per_month=5),
    Limits(per_week=4),
    Limits(again_after_ms=3 * DAY_MS),
    Limits(per_month=2),
)
_PAUSES_MS: Final = (20 * MINUTE_MS, 2 * HOUR_MS, 7 * HOUR_MS, 20 * HOUR_MS)
_POLICIES: Final = ("continue", "as_if_never_paused", "restart")
_HOLDS_MS: Final = (30 * MINUTE_MS, 4 * HOUR_MS, 9 * HOUR_MS, 60 * HOUR_MS)
_STOPS_MS: Final = (5 * MINUTE_MS, 3 * HOUR_MS)


class Drawn(NamedTuple):
    """A campaign after an edit, and what the edit was."""

    campaign: Campaign
    words: str


class Numbers:
    """Keys and editions that were never used before."""

    def __init__(self, first: int) -> None:
        self._last = first

    def next(self) -> int:
        self._last += 1
        return self._last


def first(zone: str) -> Campaign:
    """The campaign with which a run begins: three steps, the first of two blocks."""
    steps = (
        Step("hello", After(0), (Block("one", 1), Block("two", 2))),
        Step("later", After(2 * HOUR_MS), (Block("one", 3),)),
        Step("offer", OnDay(1, 9 * 60 + 30), (Block("one", 4),)),
    )
    return Campaign(zone, 10 * MINUTE_MS, steps)


def write(bot: int, campaign: Campaign, begins_ms: int, ends_ms: int, draw: random.Random) -> Iterator[Edit]:
    """In the order of time; a pause is over before the next thing happens, or contains one publication."""
    at_ms, numbers = begins_ms, Numbers(first=100)
    while (at_ms := _minute(at_ms + draw.randint(*_BETWEEN_MS))) < ends_ms:
        kind = draw.choices(list(_KINDS), [weight for weight, _ in _KINDS.values()])[0]
        for change, wait_ms, words in _KINDS[kind][1](campaign, numbers, draw):
            at_ms = _minute(at_ms + wait_ms)
            if at_ms >= ends_ms:
                return
            yield Edit(at_ms, bot, change, words)
            campaign = change.campaign if isinstance(change, Publish) else campaign


_Timed = tuple[Change, int, str]
_Kind = Callable[[Campaign, Numbers, random.Random], Iterator[_Timed]]


def _publication(campaign: Campaign, numbers: Numbers, draw: random.Random) -> Iterator[_Timed]:
    drawn = draw.choice(_EDITS)(campaign, numbers, draw)
    if drawn.campaign != campaign and any(step.sent for step in drawn.campaign.steps):
        keep, include = draw.random() < _KEEPS, draw.random() < _INCLUDES
        yield Publish(drawn.campaign, keep, include), 0, drawn.words


def _pause(campaign: Campaign, numbers: Numbers, draw: random.Random) -> Iterator[_Timed]:
    half_ms = draw.choice(_PAUSES_MS) // 2
    yield Pause(), 0, ""
    published = list(_publication(campaign, numbers, draw)) if draw.random() < _PUBLISHES_MEANWHILE else []
    yield from ((change, half_ms, words) for change, _, words in published)
    yield Resume(draw.choice(_POLICIES)), half_ms if published else 2 * half_ms, ""


def _hold(_campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Iterator[_Timed]:
    yield Hold(), 0, ""
    yield Release(), draw.choice(_HOLDS_MS), ""


def _stop(_campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Iterator[_Timed]:
    yield Stop(), 0, ""
    yield Activate(), draw.choice(_STOPS_MS), ""


def _finish(_campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Iterator[_Timed]:
    yield Finish(), 0, ""
    yield Activate(), draw.choice(_STOPS_MS), ""


_KINDS: Final[dict[str, tuple[int, _Kind]]] = {
    "publication": (20, _publication),
    "pause": (5, _pause),
    "hold": (2, _hold),
    "stop": (1, _stop),
    "finish": (1, _finish),
}


def _other_words(campaign: Campaign, numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)
    block = draw.choice(step.blocks)
    changed = _with_block(step, block.key, block._replace(edition=numbers.next()))
    return Drawn(_with_step(campaign, changed), f"other words in {step.key}/{block.key}")


def _other_time(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)._replace(schedule=draw.choice(_SCHEDULES))
    return Drawn(_with_step(campaign, step), f"{step.key} at {in_words(step.schedule)}")


def _other_delay(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)
    block = draw.choice(step.blocks)
    changed = _with_block(step, block.key, block._replace(delay_ms=draw.choice(_DELAYS_MS)))
    return Drawn(_with_step(campaign, changed), f"another delay of {step.key}/{block.key}")


def _other_threshold(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    threshold_ms = draw.choice(_THRESHOLDS_MS)
    return Drawn(campaign._replace(threshold_ms=threshold_ms), f"threshold {threshold_ms // MINUTE_MS} min")


def _inserted(campaign: Campaign, numbers: Numbers, draw: random.Random) -> Drawn:
    if len(campaign.steps) >= _MOST_STEPS:
        return _deleted(campaign, numbers, draw)
    blocks = (Block("one", numbers.next()), Block("two", numbers.next(), draw.choice(_DELAYS_MS)))
    step = Step(f"new-{numbers.next()}", draw.choice(_SCHEDULES), blocks[: draw.randint(1, 2)])
    place = draw.randint(0, len(campaign.steps))
    steps = (*campaign.steps[:place], step, *campaign.steps[place:])
    return Drawn(campaign._replace(steps=steps), f"{step.key} inserted at {place}, {in_words(step.schedule)}")


def _deleted(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    gone = draw.choice(campaign.steps)
    steps = tuple(step for step in campaign.steps if step is not gone)
    return Drawn(campaign._replace(steps=steps), f"{gone.key} deleted")


def _switched(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)
    step = step._replace(active=not step.active)
    return Drawn(_with_step(campaign, step), f"{step.key} {'on' if step.active else 'off'}")


def _moved(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)
    others = [one for one in campaign.steps if one is not step]
    place = draw.randint(0, len(others))
    steps = (*others[:place], step, *others[place:])
    return Drawn(campaign._replace(steps=steps), f"{step.key} moved to {place}")


def _block_switched(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    step = draw.choice(campaign.steps)
    block = draw.choice(step.blocks)
    changed = _with_block(step, block.key, block._replace(active=not block.active))
    return Drawn(_with_step(campaign, changed), f"{step.key}/{block.key} {'off' if block.active else 'on'}")


def _other_hours(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    hours = draw.choice(_HOURS)
    return Drawn(
        campaign._replace(hours=hours), f"{hours_in_words(hours)}, {hours.outside}" if hours else "at any hour"
    )


def _other_limits(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    limits = draw.choice(_LIMITS)
    return Drawn(campaign._replace(limits=limits), f"limits {tuple(limits)}")


def _other_lateness(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    lateness_ms = draw.choice(_LATENESS_MS)
    return Drawn(campaign._replace(lateness_ms=lateness_ms), f"lateness {lateness_ms // HOUR_MS} h")


def _other_zone(campaign: Campaign, _numbers: Numbers, draw: random.Random) -> Drawn:
    zone = draw.choice(_ZONES)
    return Drawn(campaign._replace(zone=zone), f"zone {zone}")


def _paid_or_not(campaign: Campaign, _numbers: Numbers, _draw: random.Random) -> Drawn:
    skip = not campaign.skip_paid
    return Drawn(campaign._replace(skip_paid=skip), "skips customers" if skip else "no longer skips customers")


_EDITS: Final[tuple[Callable[[Campaign, Numbers, random.Random], Drawn], ...]] = (
    *(_other_words, _other_time, _other_time, _other_delay, _other_threshold, _inserted, _inserted, _deleted),
    *(_switched, _switched, _moved, _block_switched, _other_hours, _other_hours, _other_limits, _other_lateness),
    *(_paid_or_not, _other_zone),
)


def _with_step(campaign: Campaign, step: Step) -> Campaign:
    return campaign._replace(steps=tuple(step if one.key == step.key else one for one in campaign.steps))


def _with_block(step: Step, key: str, block: Block) -> Step:
    return step._replace(blocks=tuple(block if one.key == key else one for one in step.blocks))


def _minute(at_ms: int) -> int:
    return at_ms // TICK_MS * TICK_MS

"""Short stories of one person, in minutes from their beginning: Monday, 5 October 2026, at midnight UTC."""

from collections.abc import Sequence
from typing import Final

from bench.questions.simulate.campaign import HOUR_MS, MINUTE_MS, After, Block, Campaign, OnDay, Step
from bench.questions.simulate.oracle.life import foretell
from bench.questions.simulate.story import Act, Change, Deed, Edit, Story

BEGINS_MS: Final = 1_791_158_400_000
PERSON: Final = 1_001
HOUR, DAY = 60, 1_440
BASE: Final = Campaign(
    "UTC",
    10 * MINUTE_MS,
    (
        Step("hello", After(0), (Block("one", 1), Block("two", 2))),
        Step("later", After(2 * HOUR_MS), (Block("one", 3),)),
        Step("offer", OnDay(1, 9 * HOUR + 30), (Block("one", 4),)),
    ),
)
HELLO: Final = [(10, "hello/one/1"), (11, "hello/two/2")]
OFFER: Final = (DAY + 9 * HOUR + 30, "offer/one/4")
WHOLE: Final = [*HELLO, (131, "later/one/3"), OFFER]


def at(minutes: int) -> int:
    return BEGINS_MS + minutes * MINUTE_MS


def story(
    acts: Sequence[tuple[int, Deed]] = ((0, Deed.WRITE),),
    edits: Sequence[tuple[int, Change]] = (),
    campaign: Campaign = BASE,
    days: int = 5,
) -> Story:
    return Story(
        BEGINS_MS,
        at(days * DAY),
        [campaign],
        {PERSON: 0},
        [Act(at(minute), 0, PERSON, deed, "charge") for minute, deed in acts],
        [Edit(at(minute), 0, change) for minute, change in edits],
    )


def told(one: Story, *whats: str) -> list[tuple[int, str]]:
    """The minutes and texts of what is sent, or the minutes and reasons of what else the oracle notes."""
    wanted = whats or ("sent",)
    return [
        ((note.at_ms - BEGINS_MS) // MINUTE_MS, note.detail) for note in foretell(one, PERSON) if note.what in wanted
    ]


def without(campaign: Campaign, key: str) -> Campaign:
    return campaign._replace(steps=tuple(step for step in campaign.steps if step.key != key))


def with_step(campaign: Campaign, step: Step) -> Campaign:
    return campaign._replace(steps=tuple(step if one.key == step.key else one for one in campaign.steps))


def step(campaign: Campaign, key: str) -> Step:
    return next(one for one in campaign.steps if one.key == key)

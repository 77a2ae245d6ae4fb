"""Whether a message that is due may go out, in the order of the gate: what the chat has had decides together with the
campaign and the hour.
"""

from collections.abc import Collection
from typing import Final, NamedTuple, TypeAlias

from bench.questions.simulate.campaign import DAY_MS, Block, Campaign
from bench.questions.simulate.oracle.calendar import lets_go_on, turn
from bench.questions.simulate.oracle.planning import Wait, last_due

WEEK_MS: Final = 7 * DAY_MS
MONTH_MS: Final = 30 * DAY_MS
MOST_DEFERRALS: Final = 5
EXPIRES_AFTER_MS: Final = 2 * DAY_MS


class Send(NamedTuple):
    block: Block


class Skip(NamedTuple):
    reason: str


class Defer(NamedTuple):
    until_ms: int


class End(NamedTuple):
    reason: str


Verdict: TypeAlias = Send | Skip | Defer | End


class Had(NamedTuple):
    """What counts of a chat's past: whether its person is a customer, when each step was last sent to them, and when
    each sequence began of which something was sent.
    """

    paid: bool
    steps_ms: Collection[int]
    began_ms: Collection[int]


def judge(wait: Wait, campaign: Campaign, had: Had, at_ms: int, person: int) -> Verdict:
    if had.paid and campaign.skip_paid:
        return End("paid")
    step = (wait.begun or campaign).step(wait.step)
    block = next((one for one in step.blocks if one.key == wait.block), None) if step else None
    if step is None or block is None:
        return Skip("step_deleted")
    if not (step.active and block.active):
        return Skip("step_off")
    return _in_time(wait, block, campaign, had, at_ms, person)


def may_begin(campaign: Campaign, had: Had, at_ms: int) -> bool:
    """Whether the limits let a sequence begin again."""
    limits = campaign.limits
    if any(began_ms > at_ms - limits.again_after_ms for began_ms in had.began_ms):
        return False
    return not limits.per_month or sum(one > at_ms - MONTH_MS for one in had.began_ms) < limits.per_month


def _in_time(wait: Wait, block: Block, campaign: Campaign, had: Had, at_ms: int, person: int) -> Verdict:
    latest_ms = wait.due_ms + campaign.lateness_ms
    late = at_ms > latest_ms
    opens_ms = None if late else _opens(wait, campaign, at_ms, person)
    if opens_ms is not None and campaign.hours and campaign.hours.outside == "drop":
        return Skip("window_closed")
    if opens_ms is not None:
        return _put_off(wait, opens_ms)
    if late and at_ms > last_due(campaign, wait) + EXPIRES_AFTER_MS:
        return End("expired")
    room_ms = None if wait.begun else _room(campaign, had, at_ms)
    if room_ms is not None:
        return _put_off(wait, room_ms) if room_ms <= latest_ms else Skip("cap")
    return Skip("late") if late else Send(block)


def _put_off(wait: Wait, until_ms: int) -> Verdict:
    return Skip("never_fits") if wait.deferrals >= MOST_DEFERRALS else Defer(until_ms)


def _opens(wait: Wait, campaign: Campaign, at_ms: int, person: int) -> int | None:
    """When the hours let the message out; None if they do now."""
    hours, zone = campaign.hours, campaign.zone
    if hours is None or (wait.begun and lets_go_on(hours, zone, at_ms)):
        return None
    turn_ms = turn(hours, zone, at_ms, person)
    return turn_ms if turn_ms > at_ms else None


def _room(campaign: Campaign, had: Had, at_ms: int) -> int | None:
    """When the person may get another step; None if they may now."""
    newest = sorted((sent_ms for sent_ms in had.steps_ms if sent_ms > at_ms - WEEK_MS), reverse=True)
    limits = campaign.limits
    full = [
        newest[most - 1] + for_ms
        for most, for_ms in ((limits.per_day, DAY_MS), (limits.per_week, WEEK_MS))
        if 0 < most <= len(newest)
    ]
    return max((until_ms for until_ms in full if until_ms > at_ms), default=None)

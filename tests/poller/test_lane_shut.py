"""A lane that may not claim leaves the timers where they are, and says why."""

import pytest

from engine.core.delivery.lane_state import LaneState
from engine.poller import lane as lanes
from engine.poller.journey import JourneyEnd
from engine.poller.served_bots import Doubt
from storage.redis import bot_state
from storage.redis.keys import of_bot
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import ClaimCode
from tests.poller.yard import BOT, LONG_AGO_MS, Yard


@pytest.mark.parametrize("trouble", ["shut", "clocks", "jump", "unauthorized", "unknown bot", "another's"])
async def test_a_shut_lane_claims_nothing_and_the_timers_stay(yard: Yard, trouble: str) -> None:
    await yard.arm(3)
    await yard.turn_after(0)
    if trouble == "shut":
        yard.pages.show(LaneState.SHUT)
    elif trouble == "clocks":
        yard.pages.clocks_apart = True
    elif trouble == "jump":
        yard.jump(60_000)
    elif trouble == "unauthorized":
        yard.lane.suspected = b""
    elif trouble == "another's":
        yard.right.epoch = None
    else:
        yard.pages.bots = {}
    assert await yard.turn_after(1) == lanes.LaneTurn(None, 0, lanes.SHUT_SLEEP_S)
    assert None not in await yard.timers.versions(BOT, [1, 2, 3])


async def test_a_refused_token_shuts_the_lane(yard: Yard) -> None:
    await yard.arm(1)
    yard.journeys.end = JourneyEnd.UNAUTHORIZED
    yard.journeys.go.set()
    await yard.turn_after(0)
    await yard.turn_after(1)
    await yard.lane.finish()
    assert yard.lane.suspected == b""
    yard.pages.bots = {BOT: yard.pages.bots[BOT]._replace(sealed_token=b"another")}
    assert not yard.lane._is_shut(yard.pages.bots[BOT]), "another token opens the lane"


@pytest.mark.parametrize(
    ("state", "over_ms", "claims"),
    [
        (LaneState.OPEN, None, False),
        (LaneState.FINISHING, None, False),
        (LaneState.OPEN, 2 * LONG_AGO_MS, False),
        (LaneState.OPEN, LONG_AGO_MS, True),
        (LaneState.DRAINING, None, True),
    ],
)
async def test_a_doubt_holds_the_lane_until_every_long_silence_began_after_it(
    yard: Yard, state: LaneState, over_ms: int | None, *, claims: bool
) -> None:
    await yard.arm(1)
    await yard.turn_after(0)
    yard.clock.hear(await server_now_ms(yard.client))
    yard.pages.show(state, doubt=Doubt(LONG_AGO_MS, over_ms))
    assert ((await yard.turn_after(1)).claimed == 1) is claims


async def test_a_fenced_claim_takes_nothing_and_reports_the_higher_epoch(yard: Yard) -> None:
    await yard.arm(1)
    await yard.client.hset(of_bot(BOT).bot, "epoch", "9")
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).code is ClaimCode.FENCED
    assert yard.right.fences == [9]


async def test_a_held_bot_is_not_looked_at_before_the_hold_ends(yard: Yard) -> None:
    await yard.arm(1)
    await bot_state.hold(yard.client, BOT, await server_now_ms(yard.client) + 4_000)
    await yard.turn_after(0)
    turn = await yard.turn_after(1)
    assert turn.code is ClaimCode.HELD
    assert turn.sleep_s > lanes.SHUT_SLEEP_S


async def test_lost_timers_are_reported(yard: Yard) -> None:
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).code is ClaimCode.LOST
    assert yard.lane.lost.is_set()
    assert (await yard.turn_after(1)).code is ClaimCode.LOST
    assert yard.right.losses == 1
    yard.lane.go_on()
    await yard.turn_after(1)
    assert yard.right.losses == 2


async def _shut(yard: Yard, capsys: pytest.CaptureFixture[str], activated_at_ms: int) -> str:
    """Show what the lane logs when it finds no timers of a bot that was activated at this moment."""
    yard.pages.bots = {BOT: yard.pages.bots[BOT]._replace(activated_at_ms=activated_at_ms)}
    capsys.readouterr()
    await yard.turn_after(0)
    await yard.turn_after(1)
    return capsys.readouterr().out


async def test_timers_that_a_new_bot_cannot_have_yet_are_no_warning(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    log = await _shut(yard, capsys, await server_now_ms(yard.client))
    assert "Lane waits for its first timers" in log
    assert "warning" not in log


async def test_a_bot_that_was_never_activated_has_no_timers_to_lose(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    yard.pages.show(LaneState.DRAINING)
    assert "warning" not in await _shut(yard, capsys, 0)


async def test_a_lane_that_begins_without_its_timers_warns(yard: Yard, capsys: pytest.CaptureFixture[str]) -> None:
    log = await _shut(yard, capsys, await server_now_ms(yard.client) - lanes.LATELY_MS - 1_000)
    assert "warning" in log
    assert "Lane shut" in log


async def test_a_lane_that_was_open_warns_however_new_its_bot_is(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    await yard.arm(1)
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).code is ClaimCode.CLAIMED
    await yard.client.flushall()
    log = await _shut(yard, capsys, await server_now_ms(yard.client))
    assert "warning" in log
    assert "Lane shut" in log


async def test_what_is_claimed_by_a_clock_that_has_jumped_is_not_sent(yard: Yard) -> None:
    """The claim itself tells of the jump."""
    await yard.arm(1)
    yard.jump(0)
    yard.clock._most_ms -= 60_000
    await yard.turn_after(0)
    assert await yard.turn_after(1) == lanes.LaneTurn(None, 0, lanes.SHUT_SLEEP_S)
    assert yard.journeys.served == []
    assert not yard.clock.is_settled

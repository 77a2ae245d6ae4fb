"""A lane claims no more than its bot's pace allows, and slows down when Telegram does."""

import asyncio
from typing import Any

import pytest

from engine.core.delivery.lane_state import LaneState
from engine.poller import lane as lanes
from engine.poller.journey import JourneyEnd
from storage.redis import bot_state
from storage.redis.keys import of_bot
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import ClaimCode, Sign
from tests.poller.yard import BOT, LONG_AGO_MS, Yard


async def test_a_lane_starts_with_an_empty_bucket_and_claims_what_its_pace_allows(yard: Yard) -> None:
    await yard.arm(40)
    assert (await yard.turn_after(0)).claimed == 0
    assert (await yard.turn_after(0.08)).claimed == 2
    assert (await yard.turn_after(10)).claimed == 5


async def test_nothing_follows_a_send_that_does_not_reach_the_wire(yard: Yard) -> None:
    """No matter how long the servers stand still, at most this much leaves at once afterwards."""
    yard.journeys.passes = False
    await yard.arm(40)
    await yard.turn_after(0)
    assert [(await yard.turn_after(10)).claimed for _ in range(3)] == [5, 5, 0]
    yard.journeys.go.set()
    await yard.lane.finish()
    assert (await yard.turn_after(10)).claimed == 5


async def test_nothing_follows_a_send_while_telegram_does_not_answer(yard: Yard) -> None:
    """Connections are cold at the start: messages that wait for them must not arrive as a burst."""
    await yard.arm(60)
    await yard.turn_after(0)
    assert [(await yard.turn_after(10)).claimed for _ in range(3)] == [5, 5, 0]
    yard.journeys.go.set()
    await yard.lane.finish()
    yard.journeys.go.clear()
    assert [(await yard.turn_after(0.3)).claimed for _ in range(3)] == [5, 5, 5]


async def test_unused_tokens_go_back(yard: Yard) -> None:
    await yard.arm(1)
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).claimed == 1
    await yard.timers.touch(BOT, [Sign(chat, LONG_AGO_MS) for chat in range(2, 9)], 1_000)
    assert (await yard.turn_after(0)).claimed == 4


async def test_a_new_tenure_starts_with_an_empty_bucket(yard: Yard) -> None:
    await yard.arm(40)
    await yard.turn_after(0)
    yard.now_s += 10
    yard.right.epoch = 2
    assert (await yard.turn_after(0)).claimed == 0
    assert (await yard.turn_after(0.08)).claimed == 2


async def test_after_a_hold_a_lane_begins_with_an_empty_bucket(yard: Yard) -> None:
    await yard.arm(40)
    await bot_state.hold(yard.client, BOT, await server_now_ms(yard.client) + 4_000)
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).code is ClaimCode.HELD
    await yard.client.hdel(of_bot(BOT).bot, "held")
    assert (await yard.turn_after(3.9)).claimed == 0
    assert (await yard.turn_after(0.2)).claimed in (2, 3)


async def test_a_429_stops_the_whole_lane_and_every_send_that_has_not_left(yard: Yard) -> None:
    await yard.arm(40)
    await yard.turn_after(0)
    await yard.turn_after(1)
    held, other = yard.journeys.permits[:2]
    held.hold(4_000)
    assert other.is_withdrawn
    turn = await yard.turn_after(3.9)
    assert (turn.code, turn.claimed) == (None, 0)
    assert turn.sleep_s == pytest.approx(0.14)
    assert (await yard.turn_after(0.2)).claimed == 2
    assert not other.is_withdrawn


async def test_late_answers_slow_a_lane_and_prompt_ones_end_that(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    await yard.arm(100)
    await yard.turn_after(0)
    yard.journeys.go.set()
    assert (await yard.turn_after(1)).claimed == 5
    yard.now_s += 2
    for permit in yard.journeys.permits * 4:
        permit.answered()
    assert (await yard.turn_after(0)).claimed == 3
    yard.now_s += 1
    for permit in yard.journeys.permits * 4:
        permit.passed()
        permit.answered()
    await yard.turn_after(0)
    await yard.turn_after(5)
    said = [line for line in capsys.readouterr().out.splitlines() if "slowed" in line]
    assert ["Lane slowed" in said[0], "Lane no longer slowed" in said[1], len(said)] == [True, True, 2]
    assert "17.5" in said[0]


async def test_a_quarter_of_what_a_lane_claims_is_kept_for_the_newest(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    claim = yard.timers.claim

    async def claims(bot_id: int, limit: int, lease_ms: int, epoch: int, fresh: int) -> Any:
        asked.append((limit, fresh))
        return await claim(bot_id, limit, lease_ms, epoch, fresh)

    monkeypatch.setattr(yard.timers, "claim", claims)
    yard.journeys.go.set()
    await yard.arm(40)
    await yard.turn_after(0)
    for _ in range(8):
        await yard.turn_after(0.0401)
    assert sum(limit for limit, _ in asked) == 8
    assert sum(fresh for _, fresh in asked) == 2


async def test_at_a_low_pace_a_slow_answer_holds_up_no_other_chat(yard: Yard) -> None:
    yard.pages.show(LaneState.OPEN, pace=1)
    await yard.arm(3)
    await yard.turn_after(0)
    assert [(await yard.turn_after(2)).claimed for _ in range(3)] == [1, 1, 1]


async def test_tokens_paid_for_an_album_are_missing_for_others_and_go_back_unused(yard: Yard) -> None:
    await yard.arm(40)
    await yard.turn_after(0)
    assert (await yard.turn_after(0.05)).claimed == 1
    paying = asyncio.create_task(yard.journeys.permits[0].pay(2))
    await asyncio.sleep(0)
    assert [(await yard.turn_after(0.038)).claimed for _ in range(3)] == [0, 0, 1]
    yard.journeys.end = JourneyEnd.WAITING
    yard.journeys.go.set()
    await paying
    await yard.lane.finish()
    assert (await yard.turn_after(0)).claimed == 4


async def test_a_draining_lane_ignores_the_pace(yard: Yard) -> None:
    await yard.arm(40)
    yard.pages.show(LaneState.DRAINING)
    assert (await yard.turn_after(0)).claimed == 40


async def test_one_claim_takes_no_more_than_the_server_takes_in_a_moment(yard: Yard) -> None:
    await yard.arm(lanes.AT_ONCE + 40)
    yard.pages.show(LaneState.DRAINING)
    assert [(await yard.turn_after(0)).claimed for _ in range(2)] == [lanes.AT_ONCE, 40]

"""One bot's lane claims what it may and can send, keeps its leases, and survives every failure."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.lane_state import LaneState
from engine.core.errors import UnreachableError
from engine.core.schedule.step_schedule import After
from engine.poller import lane as lanes
from engine.poller.dispatch import Dispatch
from engine.poller.journey import JourneyEnd
from engine.poller.lane import Lane
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Doubt, Served, ServedBots
from engine.runtime.server_clock import ServerClock
from storage.redis import bot_state
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timers import ClaimCode, Claimed, Held, Holding, Sign, Timers

BOT = 7
NEWEST = Snapshot("UTC", (Step("a", After(0), (Block("b", Text("x")),)),), threshold_ms=60_000)
LONG_AGO_MS = 1_700_000_000_999


class Journeys:
    """A dispatch that only records, and waits until a test lets it go on."""

    def __init__(self) -> None:
        self.served: list[Held] = []
        self.go = asyncio.Event()
        self.fails: Exception | None = None
        self.passes = True
        self.end = JourneyEnd.SENT
        self.permits: list[SendPermit] = []

    async def serve(self, _bot: Served, held: Held, permit: SendPermit) -> JourneyEnd:
        self.served.append(held)
        self.permits.append(permit)
        if self.passes:
            permit.passed()
        if self.fails:
            raise self.fails
        await self.go.wait()
        return self.end


class Pages:
    def __init__(self) -> None:
        self.bots: dict[int, Served] = {}
        self.clocks_apart = False

    def show(self, state: LaneState, pace: int = 25, doubt: Doubt | None = None) -> None:
        self.bots = {BOT: Served(BOT, "shop_bot", "", pace, state, 1, NEWEST, 0, doubt=doubt)}


class Right:
    """The bot is ours, under an epoch that a test may change."""

    def __init__(self) -> None:
        self.epoch: int | None = 1
        self.fences: list[int] = []

    def epoch_of(self, _bot_id: int) -> int | None:
        return self.epoch

    def fenced_by(self, epoch: int) -> None:
        self.fences.append(epoch)


class Yard:
    def __init__(self, client: Redis) -> None:
        self.client = client
        self.timers = Timers(client)
        self.journeys = Journeys()
        self.pages = Pages()
        self.pages.show(LaneState.OPEN)
        self.now_s = 1_000.0
        self.right = Right()
        self.clock = clock = ServerClock(0)
        self.lane = Lane(
            BOT,
            cast("ServedBots", self.pages),
            self.timers,
            cast("Dispatch", self.journeys),
            clock,
            self.right,
            elapsed_s=lambda: self.now_s,
        )

    async def arm(self, count: int) -> None:
        """Arm this many chats whose silence is long over."""
        await bot_state.set_generation(self.client, BOT, 1, run="")
        await self.timers.touch(BOT, [Sign(chat, LONG_AGO_MS) for chat in range(1, count + 1)], 1_000)
        owned = await Ownership(self.client, "us").take(of_bot(BOT).poll, 60_000)
        await self.timers.confirm(BOT, Holding(f"us {owned.epoch}", await run_of(self.client)))

    async def turn_after(self, seconds: float) -> lanes.LaneTurn:
        self.now_s += seconds
        turn = await self.lane.run_once()
        await asyncio.sleep(0)
        return turn


@pytest.fixture
async def yard(redis_url: str) -> AsyncIterator[Yard]:
    client = open_redis(redis_url)
    yard = Yard(client)
    yield yard
    yard.journeys.go.set()
    await yard.lane.finish()
    await client.aclose()


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


@pytest.mark.parametrize("trouble", ["shut", "clocks", "unauthorized", "unknown bot", "another's"])
async def test_a_shut_lane_claims_nothing_and_the_timers_stay(yard: Yard, trouble: str) -> None:
    await yard.arm(3)
    await yard.turn_after(0)
    if trouble == "shut":
        yard.pages.show(LaneState.SHUT)
    elif trouble == "clocks":
        yard.pages.clocks_apart = True
    elif trouble == "unauthorized":
        yard.lane.suspected = b""
    elif trouble == "another's":
        yard.right.epoch = None
    else:
        yard.pages.bots = {}
    assert await yard.turn_after(1) == lanes.LaneTurn(None, 0, lanes.SHUT_SLEEP_S)
    assert None not in await yard.timers.versions(BOT, [1, 2, 3])


async def test_a_new_tenure_starts_with_an_empty_bucket(yard: Yard) -> None:
    await yard.arm(40)
    await yard.turn_after(0)
    yard.now_s += 10
    yard.right.epoch = 2
    assert (await yard.turn_after(0)).claimed == 0
    assert (await yard.turn_after(0.08)).claimed == 2


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


async def test_each_of_many_lanes_waits_for_its_moment_to_begin(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: asyncio.Queue[float] = asyncio.Queue()

    async def pause(seconds: float) -> None:
        pauses.put_nowait(seconds)
        await asyncio.Event().wait()

    yard.lane._first_after_s = 0.35
    monkeypatch.setattr(asyncio, "sleep", pause)
    running = asyncio.create_task(yard.lane.run())
    assert await pauses.get() == 0.35
    running.cancel()


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


async def test_lost_timers_are_reported(yard: Yard) -> None:
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).code is ClaimCode.LOST
    assert yard.lane.lost.is_set()


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


@pytest.mark.parametrize("failure", [UnreachableError("gone"), RuntimeError("a bug")])
async def test_one_chats_failure_does_not_end_the_lane(yard: Yard, failure: Exception) -> None:
    await yard.arm(2)
    yard.journeys.fails = failure
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).claimed == 2
    await yard.lane.finish()
    assert (await yard.turn_after(1)).code is ClaimCode.CLAIMED


@pytest.mark.parametrize("failure", [UnreachableError("gone"), RuntimeError("a bug")])
async def test_a_failed_turn_does_not_end_the_loop(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    turns: asyncio.Queue[int] = asyncio.Queue()

    async def fails(*_: Any) -> None:
        turns.put_nowait(1)
        raise failure

    monkeypatch.setattr(yard.timers, "claim", fails)
    monkeypatch.setattr(lanes, "SHUT_SLEEP_S", 0.0)
    yard.now_s += 1
    loop = asyncio.create_task(yard.lane.run())
    yard.lane._bucket_of(yard.pages.bots[BOT], 1)
    yard.now_s += 100
    for _ in range(3):
        await asyncio.wait_for(turns.get(), 10)
    loop.cancel()


async def test_leases_are_renewed_while_work_is_in_flight(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: asyncio.Queue[int] = asyncio.Queue()
    extend = yard.timers.extend

    async def extends(bot_id: int, tickets: Any, lease_ms: int) -> Any:
        fences = await extend(bot_id, tickets, lease_ms)
        renewed.put_nowait(len(fences))
        return fences

    monkeypatch.setattr(yard.timers, "extend", extends)
    monkeypatch.setattr(lanes, "RENEWAL_S", 0.01)
    await yard.arm(2)
    await yard.turn_after(0)
    await yard.turn_after(1)
    finishing = asyncio.create_task(yard.lane.finish())
    assert await asyncio.wait_for(renewed.get(), 10) == 2
    yard.journeys.go.set()
    await finishing


async def test_a_swallowed_cancellation_still_ends_the_loop(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def swallows(*_: Any) -> Any:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise UnreachableError("gone")

    monkeypatch.setattr(yard.timers, "claim", swallows)
    yard.lane._bucket_of(yard.pages.bots[BOT], 1)
    yard.now_s += 100
    loop = asyncio.create_task(yard.lane.run())
    await asked.wait()
    loop.cancel()
    await asyncio.wait_for(asyncio.wait([loop]), 10)
    assert loop.done()


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


class Looks:
    """A lane that runs, and what it asked for: each look is a claim."""

    def __init__(self, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._looked: asyncio.Queue[int] = asyncio.Queue()
        claim = yard.timers.claim

        async def counted(*asked: Any) -> Any:
            self.count += 1
            claimed = await claim(*asked)
            self._looked.put_nowait(len(claimed.timers))
            return claimed

        monkeypatch.setattr(yard.timers, "claim", counted)
        yard.lane._bucket_of(yard.pages.bots[BOT], 1)
        yard.now_s += 100
        self._running = asyncio.create_task(yard.lane.run())

    async def next(self) -> int:
        return await asyncio.wait_for(self._looked.get(), 10)

    async def end(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)


async def _arm_in(yard: Yard, chat: int, ms: int) -> int:
    """Arm a chat whose silence is over in this time; returns its due."""
    await yard.timers.touch(BOT, [Sign(chat, 0)], ms)
    return int(await yard.client.zscore(of_bot(BOT).timers, str(chat)) or 0)


async def test_a_timer_that_falls_due_is_claimed_at_the_first_look_after_the_one_that_saw_it(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.journeys.go.set()
    await yard.arm(0)
    yard.clock.hear(await server_now_ms(yard.client))
    await _arm_in(yard, 1, 300)
    looks = Looks(yard, monkeypatch)
    assert [await looks.next(), await looks.next()] == [0, 1]
    await looks.end()
    assert looks.count == 2


@pytest.mark.parametrize("ms", [1, 2, 30])
async def test_a_lane_sleeps_exactly_until_the_nearest_due(yard: Yard, ms: int) -> None:
    claimed = Claimed(ClaimCode.CLAIMED, yard.clock.now_ms(), yard.clock.now_ms() + ms, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) <= ms / 1000


async def test_what_fell_due_while_a_look_was_under_way_is_looked_at_at_once(yard: Yard) -> None:
    yard.clock.hear(LONG_AGO_MS)
    now_ms = yard.clock.now_ms()
    claimed = Claimed(ClaimCode.CLAIMED, now_ms - 5, now_ms - 1, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) == 0


async def test_timers_that_wait_for_the_feed_are_looked_at_ten_times_a_second(yard: Yard) -> None:
    now_ms = yard.clock.now_ms()
    claimed = Claimed(ClaimCode.CLAIMED, now_ms, now_ms, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) == lanes.UNCLAIMABLE_SLEEP_S


async def test_a_deadline_that_a_journey_sets_wakes_the_lane_at_its_moment(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    looks = Looks(yard, monkeypatch)
    assert await looks.next() == 1
    due_ms = await _arm_in(yard, 2, 300)
    yard.journeys.permits[0].note_due(due_ms)
    assert await looks.next() == 1
    assert [held.chat_id for held in yard.journeys.served] == [1, 2]
    await looks.end()


async def test_a_journey_that_ends_without_a_deadline_causes_no_look(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    looks = Looks(yard, monkeypatch)
    await looks.next()
    yard.journeys.go.set()
    await yard.lane.finish()
    for _ in range(10):
        await asyncio.sleep(0)
    assert yard.lane._alarm._at_s
    assert yard.lane._alarm._at_s - time.monotonic() > 1
    await looks.end()


async def test_one_claim_takes_no_more_than_the_server_takes_in_a_moment(yard: Yard) -> None:
    await yard.arm(lanes.AT_ONCE + 40)
    yard.pages.show(LaneState.DRAINING)
    assert [(await yard.turn_after(0)).claimed for _ in range(2)] == [lanes.AT_ONCE, 40]

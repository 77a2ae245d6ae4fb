"""One bot's lane on a real server, with a clock, a right to serve and journeys that a test controls."""

import asyncio
import time
from typing import cast

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.lane_state import LaneState
from engine.core.schedule.step_schedule import After
from engine.poller import lane as lanes
from engine.poller.dispatch import Dispatch
from engine.poller.journey import JourneyEnd
from engine.poller.lane import Lane
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Doubt, Served, ServedBots
from engine.runtime.elapsed import elapsed_s
from engine.runtime.server_clock import ServerClock
from storage.redis import bot_state
from storage.redis.client import Redis
from storage.redis.keys import of_bot
from storage.redis.ownership import Ownership
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Held, Holding, Sign
from storage.redis.timers import Timers

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
        self.clocks_apart = self.out_of_reach = False

    def show(self, state: LaneState, pace: int = 25, doubt: Doubt | None = None) -> None:
        self.bots = {BOT: Served(BOT, "shop_bot", "", pace, state, 1, NEWEST, 0, doubt=doubt)}


class Right:
    """The bot is ours, under an epoch that a test may change."""

    def __init__(self) -> None:
        self.epoch: int | None = 1
        self.fences: list[int] = []
        self.losses = 0

    def epoch_of(self, _bot_id: int) -> int | None:
        return self.epoch

    def fenced_by(self, epoch: int) -> None:
        self.fences.append(epoch)

    def timers_lost(self) -> None:
        self.losses += 1


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

    def jump(self, ms: int) -> None:
        """The server's clock is set ahead by so much, after it was asked; by 0, it is only asked."""
        for now_ms in (time.time_ns() // 1_000_000, time.time_ns() // 1_000_000 + ms):
            self.clock.hear(now_ms, elapsed_s())

    async def turn_after(self, seconds: float) -> lanes.LaneTurn:
        self.now_s += seconds
        turn = await self.lane.run_once()
        await asyncio.sleep(0)
        return turn

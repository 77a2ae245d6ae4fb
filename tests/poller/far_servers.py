"""A lane whose servers are at the end of cables, and a Telegram that answers when and as a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar, cast

import asyncpg

from engine.administration import campaigns
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Text
from engine.core.delivery.outcome import Outcome, Sent
from engine.core.errors import UnreachableError
from engine.core.schedule.step_schedule import After
from engine.poller.batched_io import Doors
from engine.poller.dispatch import Dispatch
from engine.poller.gathered_timers import GatheredTimers
from engine.poller.lane import Lane, LaneTurn
from engine.poller.served_bots import ServedBots
from engine.runtime.server_clock import ServerClock
from engine.runtime.version_cache import VersionCache
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Secret
from engine.telegram.sender import Prepared, Sender
from storage.postgres.pool import Pool
from storage.redis import bot_state
from storage.redis.chat_states import State, read_states
from storage.redis.client import Redis
from storage.redis.keys import of_bot
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Fence, Holding, LastLook, NextTimer, Sign
from storage.redis.timers import Timers
from tests.flows.house import KEY
from tests.poller.cable import Cable
from tests.poller.yard import Right

Result = TypeVar("Result")

BOT: Final = 7
PATIENCE_S: Final = 20
HOUR: Final = 3_600_000
CAMPAIGN: Final = Snapshot(
    "UTC",
    (Step("a", After(0), (Block("one", Text("now")),)), Step("b", After(HOUR), (Block("two", Text("later")),))),
    threshold_ms=60_000,
)
BOT_ROW: Final = "INSERT INTO bots (id, username, token, pace, created_at) VALUES (7, 'shop', $1, 200, 0)"
ROW: Final = "SELECT * FROM recovery_deliveries WHERE chat_id = $1 ORDER BY ordinal"


class Telegram:
    """Answers when `go` is set; a chat that has no outcome of its own gets its message."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go = asyncio.Event()
        self.outcomes: Mapping[int, Outcome] = {}

    async def prepare(self, _speaker: Any, content: Any) -> Prepared:
        return Prepared(content)

    def release(self, _speaker: Any, _prepared: Prepared) -> None:
        """Texts have no files."""

    async def send(self, _speaker: Any, chat_id: int, *_: Any) -> Outcome:
        self.asked.append(chat_id)
        await self.go.wait()
        return self.outcomes.get(chat_id, Sent((chat_id,)))


class WatchedDoors(Doors):
    """Counts what failed; a test may do something before or after a pass, or before a settle."""

    failures = 0
    before_pass: Callable[[], None] = staticmethod(lambda: None)
    after_pass: Callable[[], None] = staticmethod(lambda: None)
    before_settle: Callable[[], None] = staticmethod(lambda: None)

    async def _statement(self, run: Any, items: Any) -> Any:
        return await self.counted(super()._statement(run, items))

    async def pass_(self, bot_id: int, look: LastLook) -> Fence:
        self.before_pass()
        fence = await self.counted(super().pass_(bot_id, look))
        self.after_pass()
        return fence

    async def settle(self, bot_id: int, plan: NextTimer) -> Fence:
        self.before_settle()
        return await self.counted(super().settle(bot_id, plan))

    async def hold(self, bot_id: int, until_ms: int) -> None:
        await self.counted(super().hold(bot_id, until_ms))

    async def counted(self, call: Awaitable[Result]) -> Result:
        try:
            return await call
        except UnreachableError:
            self.failures += 1
            raise


class ForgottenVersions(VersionCache):
    """Knows none, and counts what failed among the failures of the doors."""

    def __init__(self, pool: Pool, doors: WatchedDoors) -> None:
        super().__init__(pool)
        self._doors = doors

    async def version(self, bot_id: int, number: int) -> Snapshot | None:
        return await self._doors.counted(super().version(bot_id, number))


class FarServers:
    """`pool` and `redis` are at hand; the lane uses `far_pool` and `far_redis`, which `postgres_cable` and
    `redis_cable` lead to.
    """

    def __init__(
        self, pool: Pool, redis: Redis, far_pool: Pool, far_redis: Redis, postgres_cable: Cable, redis_cable: Cable
    ) -> None:
        self.pool, self.redis = pool, redis
        self.far_pool = far_pool
        self.postgres_cable, self.redis_cable = postgres_cable, redis_cable
        self.telegram = Telegram()
        self.now_s = 1_000.0
        self.clock = ServerClock(0)
        self.timers = Timers(redis)
        far_timers = Timers(far_redis)
        self.vault = Vault([Secret(KEY)])
        self.catalogue = ServedBots(far_pool, self.vault)
        self.doors = WatchedDoors(far_pool, far_redis, far_timers, cast("Sender", self.telegram), self.clock)
        dispatch = Dispatch(self.doors, self.catalogue, self.clock, SignedLinks([], None))
        timers = GatheredTimers(far_timers)
        self.lane = Lane(BOT, self.catalogue, timers, dispatch, self.clock, Right(), elapsed_s=lambda: self.now_s)

    async def open(self) -> None:
        """One bot with a live campaign and a healthy feed."""
        token = self.vault.encrypt("7:token")
        await self.pool.execute(BOT_ROW, token)
        await campaigns.import_draft(self.pool, "shop", CAMPAIGN, 1_000, Change("ana", 1))
        await campaigns.publish(self.pool, "shop", 1_000, Change("ana", 1))
        await campaigns.activate(self.pool, "shop", Change("ana", 1))
        await self.catalogue.refresh()
        self.clock.hear(await server_now_ms(self.redis))
        await bot_state.set_generation(self.redis, BOT, 1, run="")
        owned = await Ownership(self.redis, "us").take(of_bot(BOT).poll, HOUR)
        await self.timers.confirm(BOT, Holding(f"us {owned.epoch}", await run_of(self.redis)))
        await self.lane.run_once()

    async def arm(self, *chats: int) -> None:
        """Arm chats whose silence is just over."""
        seen_ms = await server_now_ms(self.redis) - CAMPAIGN.threshold_ms - 2_000
        await self.timers.touch(BOT, [Sign(chat, seen_ms) for chat in chats], CAMPAIGN.threshold_ms)

    async def turn(self) -> LaneTurn:
        self.now_s += 1
        return await self.lane.run_once()

    async def asked(self, *chats: int) -> None:
        """Arm chats, and wait until the message of each is on the wire."""
        await self.arm(*chats)
        assert (await self.turn()).claimed == len(chats)
        await self.until(lambda: len(self.telegram.asked) >= len(chats))

    def answer(self, outcomes: Mapping[int, Outcome]) -> None:
        """From now on Telegram answers. What the process knew of the versions is forgotten."""
        self.telegram.outcomes = outcomes
        self.catalogue._versions = ForgottenVersions(self.far_pool, self.doors)
        self.telegram.go.set()

    async def failed(self, times: int = 2) -> None:
        """Wait until something has failed so often, or nothing goes on that could fail."""
        await self.until(lambda: self.doors.failures >= times or not self.lane._journeys)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - a test's own condition
                await asyncio.sleep(0.001)

    async def finish(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.lane.finish()

    async def rows(self, chat: int) -> list[asyncpg.Record]:
        return await self.pool.fetch(ROW, chat)

    async def statuses(self, chat: int) -> list[str]:
        return [row["status"] for row in await self.rows(chat)]

    async def state(self, chat: int) -> State | None:
        (state,) = await read_states(self.redis, BOT, [chat])
        return state

    async def held_until_ms(self) -> int:
        return (await bot_state.holds(self.redis, [BOT]))[BOT]

"""Each test of a script runs twice, on fakeredis for speed and on Valkey for truth, with a clock moved by hand."""

from collections.abc import AsyncIterator

import fakeredis
import pytest

from storage.redis.chat_states import State, read_states
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Claimed, Held, Holding, LastLook, NextTimer, Sign
from storage.redis.timers import Timers

BOT = 7
START_MS = 1_800_000_000_000
MINUTE_MS = 60_000
LEASE_MS = 3_000
OWNER = "us"
GENERATION = "1"
WHOLE_MS = START_MS + 999  # the end of the second START_MS, as a dated sign is given


class Bench:
    """One bot's timers under a clock of the test's own."""

    def __init__(self, client: Redis) -> None:
        self.client = client
        self.keys = of_bot(BOT)
        self.now_ms = START_MS
        self.timers = Timers(client, lambda: self.now_ms * 1000)

    async def make_whole(self) -> None:
        """The timers are whole, and the feed is ours and fresh."""
        await self.client.hset(self.keys.bot, "generation", GENERATION)
        await self.client.set(self.keys.poll, f"{OWNER} 1")
        await self.confirm()

    async def confirm(self) -> int:
        return (await self.timers.confirm(BOT, await self.holding())).now_ms

    async def holding(self) -> Holding:
        """Our hold on the feed, in the run that answers; fakeredis has no runs."""
        run = "" if isinstance(self.client, fakeredis.FakeAsyncRedis) else await run_of(self.client)
        return Holding(f"{OWNER} 1", run)

    async def arm(self, *chats: int, seen_ms: int = 0, threshold_ms: int = MINUTE_MS) -> None:
        await self.timers.touch(BOT, [Sign(chat, seen_ms) for chat in chats], threshold_ms)

    async def pass_time(self, ms: int) -> None:
        """Time passes while the feed is polled."""
        self.now_ms += ms
        await self.confirm()

    async def claim(self, limit: int = 10, epoch: int = 1, fresh: int = 0) -> Claimed:
        return await self.timers.claim(BOT, limit, LEASE_MS, epoch, fresh)

    async def claim_one(self) -> Held:
        (held,) = (await self.claim()).timers
        return held

    async def hold(self, chat: int) -> Held:
        """Arm a chat, let it fall due, and claim it."""
        await self.arm(chat)
        await self.pass_time(MINUTE_MS)
        return await self.claim_one()

    async def settle(self, chat: int, due_ms: int, *, urgent: bool = False, opaque: str = "1next") -> None:
        await self.timers.settle(BOT, [NextTimer(chat, await self.version(chat), due_ms, urgent, opaque)])

    async def score(self, chat: int) -> float | None:
        return await self.client.zscore(self.keys.timers, str(chat))

    async def state(self, chat: int) -> State | None:
        (state,) = await read_states(self.client, BOT, [chat])
        return state

    async def version(self, chat: int) -> int:
        (version,) = await self.timers.versions(BOT, [chat])
        assert version is not None
        return version

    async def last_look(self, chat: int) -> LastLook:
        return LastLook(chat, await self.version(chat), GENERATION)

    async def look(self, chat: int) -> tuple[State | None, float | None]:
        """All that Redis holds of a chat."""
        return await self.state(chat), await self.score(chat)


@pytest.fixture(params=["fakeredis", "valkey"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fakeredis":
        client: Redis = fakeredis.FakeAsyncRedis(decode_responses=True)
    else:
        client = open_redis(request.getfixturevalue("redis_url"))
    bench = Bench(client)
    await bench.make_whole()
    yield bench
    left = set(await client.keys())
    await client.aclose()
    assert left <= set(bench.keys), "a script wrote to a key that is not on the page of keys"

"""Bots whose timers are asked about at the same moment share a round trip, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from engine.core.errors import UnreachableError
from engine.poller.gathered_timers import BOTS, GatheredTimers
from storage.redis import bot_state
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.ownership import Ownership
from storage.redis.server_identity import run_of
from storage.redis.timer_values import NOTHING_ARMED, ClaimCode, Fence, Held, Holding, NextTimer, Sign, Ticket
from storage.redis.timers import Timers

LONG_AGO_MS = 1_700_000_000_999
LEASE_MS = 3_000
CHATS = (1, 2)


class Counting(Timers):
    """Counts round trips by how many bots they were for."""

    def __init__(self, client: Redis) -> None:
        super().__init__(client)
        self.trips: list[int] = []

    async def claim_each(self, claims: Sequence[Any]) -> Any:
        self.trips.append(len(claims))
        return await super().claim_each(claims)

    async def pass_each(self, asked: Sequence[Any]) -> Any:
        self.trips.append(len(asked))
        return await super().pass_each(asked)

    async def extend_each(self, leases: Sequence[Any]) -> Any:
        self.trips.append(len(leases))
        return await super().extend_each(leases)


class Yard:
    def __init__(self, client: Redis) -> None:
        self.client = client
        self.timers = Counting(client)
        self.gathered = GatheredTimers(self.timers)

    async def arm(self, *bots: int) -> None:
        for bot in bots:
            await bot_state.set_generation(self.client, bot, 1, run="")
            await self.timers.touch(bot, [Sign(chat, LONG_AGO_MS) for chat in CHATS], 1_000)
            owned = await Ownership(self.client, "us").take(of_bot(bot).poll, 60_000)
            await self.timers.confirm(bot, Holding(f"us {owned.epoch}", await run_of(self.client)))

    async def claim(self, *bots: int) -> list[Any]:
        claims = (self.gathered.claim(bot, 9, LEASE_MS, epoch=1, fresh=0) for bot in bots)
        return await asyncio.gather(*claims, return_exceptions=True)

    async def held(self, *bots: int) -> dict[int, tuple[Held, ...]]:
        return dict(zip(bots, [claimed.timers for claimed in await self.claim(*bots)], strict=True))


@pytest.fixture
async def yard(redis_url: str) -> AsyncIterator[Yard]:
    client = open_redis(redis_url)
    yield Yard(client)
    await client.aclose()


async def test_claims_of_one_moment_share_a_round_trip_and_each_bot_gets_its_own(yard: Yard) -> None:
    await yard.arm(7, 8)
    found = await yard.claim(7, 8, 9)
    assert [claimed.code for claimed in found] == [ClaimCode.CLAIMED, ClaimCode.CLAIMED, ClaimCode.LOST]
    assert [{held.chat_id for held in claimed.timers} for claimed in found] == [{1, 2}, {1, 2}, set()]
    assert yard.timers.trips == [3]


async def test_a_round_trip_takes_few_claims(yard: Yard) -> None:
    await yard.claim(*range(1, 3 * BOTS))
    assert max(yard.timers.trips) == BOTS


async def test_leases_of_many_bots_are_renewed_in_few_round_trips_and_each_bot_gets_its_own(yard: Yard) -> None:
    bots = range(1, BOTS + 2)
    await yard.arm(*bots)
    held: dict[int, tuple[Held, ...]] = {bot: one for bot in bots for one in (await yard.held(bot)).values()}
    yard.timers.trips.clear()
    tickets = {bot: [Ticket(one.chat_id, one.version - (bot == 2)) for one in held[bot]] for bot in bots}
    fences = await asyncio.gather(*(yard.gathered.extend(bot, tickets[bot], LEASE_MS) for bot in bots))
    assert fences == [[Fence.STALE if bot == 2 else Fence.CURRENT] * len(CHATS) for bot in bots]
    assert yard.timers.trips == [BOTS, 1]


async def test_passes_and_settles_of_many_bots_are_answered_for_each_chat(yard: Yard) -> None:
    await yard.arm(7, 8)
    held = await yard.held(7, 8)
    looks = [(bot, one.last_look) for bot in held for one in held[bot]]
    looks = [(bot, look._replace(version=look.version - (bot == 8))) for bot, look in looks]
    fences = await asyncio.gather(*(yard.gathered.pass_(*one) for one in looks))
    assert fences == [Fence.CURRENT, Fence.CURRENT, Fence.STALE, Fence.STALE]
    settled = (yard.gathered.settle(bot, NextTimer(*look[:2], NOTHING_ARMED)) for bot, look in reversed(looks))
    assert await asyncio.gather(*settled) == [Fence.STALE, Fence.STALE, Fence.CURRENT, Fence.CURRENT]
    assert yard.timers.trips == [2, 2]
    assert await yard.timers.versions(7, CHATS) == [None, None]


async def test_a_fault_in_the_keys_of_one_bot_reaches_that_bot_alone(yard: Yard) -> None:
    await yard.arm(7, 8)
    held = await yard.held(7, 8)
    await yard.client.delete(of_bot(7).state, of_bot(7).timers)
    await yard.client.set(of_bot(7).state, "not a hash")
    await yard.client.set(of_bot(7).timers, "not a sorted set")
    passes = [yard.gathered.pass_(bot, one.last_look) for bot in held for one in held[bot]]
    answers = await asyncio.gather(*passes, return_exceptions=True)
    assert [type(answer) for answer in answers[:2]] == [UnreachableError] * 2
    assert answers[2:] == [Fence.CURRENT] * 2
    broken, whole = await yard.claim(7, 8)
    assert isinstance(broken, UnreachableError)
    assert whole.code is ClaimCode.CLAIMED


async def test_a_server_that_forgot_the_scripts_claims_nothing_twice(yard: Yard) -> None:
    await yard.arm(7, 8)
    await yard.claim(9)
    await yard.client.script_flush()
    held = await yard.held(7, 8)
    versions = {bot: await yard.timers.versions(bot, [one.chat_id for one in held[bot]]) for bot in held}
    assert versions == {bot: [one.version for one in held[bot]] for bot in held}


async def test_without_a_server_every_caller_is_told(yard: Yard) -> None:
    await yard.client.aclose()
    gathered = GatheredTimers(Timers(open_redis("redis://127.0.0.1:1/0")))
    claims = (gathered.claim(bot, 9, LEASE_MS, epoch=1, fresh=0) for bot in (7, 8))
    answers = await asyncio.gather(*claims, return_exceptions=True)
    assert [type(answer) for answer in answers] == [UnreachableError] * 2

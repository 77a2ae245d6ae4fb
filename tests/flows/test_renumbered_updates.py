"""Stories of update numbers that prove less than usual: Telegram begins them again, or Redis has lost the count."""

import asyncio
from collections.abc import Callable
from typing import Final

import pytest

from bench.sandbox.ports import listen as port_of
from bench.sandbox.protocol import Fault, FaultKind
from engine.receiver import webhook_feed
from storage.redis import keys
from storage.redis.arrivals import Arrivals
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms
from tests.flows import house as houses
from tests.flows.house import BOT, House, open_house, trust_one_receiver

PATIENCE_S = 60.0
THRESHOLD_MS: Final = 1_000
ONE_STEP = b"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, text: first}]
"""
WEEK_MS: Final = 7 * 24 * 3_600 * 1_000
LOWEST: Final = 1
HIGHEST: Final = 2**31 - 1_000
JUST_BELOW: Final = -7
"""From the last number."""


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    trust_one_receiver(monkeypatch)
    monkeypatch.setattr(houses, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(webhook_feed, "NEAR_S", 0.1)
    monkeypatch.setattr(webhook_feed, "FAR_S", 0.1)


def by_polling() -> dict[str, str]:
    return {}


def by_webhook() -> dict[str, str]:
    with port_of(0) as free:
        port = free.getsockname()[1]
    return {"WEBHOOK_URL": f"http://127.0.0.1:{port}", "PORT": str(port)}


async def bot_id(house: House) -> int:
    return int(await house.pool.fetchval("SELECT id FROM bots"))


async def taken_in(house: House, update_id: int | None) -> int:
    """Wait until the engine has acknowledged the update."""
    assert update_id is not None
    assert await house.people.acknowledged_at(BOT, update_id, PATIENCE_S) is not None
    return update_id


async def a_week_passes(house: House) -> None:
    """Since the last update, by what Redis knows of it."""
    at = keys.of_bot(await bot_id(house)).bot
    await house.redis.hset(at, "arrived", str(int(await house.redis.hget(at, "arrived") or 0) - WEEK_MS - 1))


@pytest.mark.parametrize("connect", [by_polling, by_webhook])
@pytest.mark.parametrize("first", [LOWEST, JUST_BELOW, HIGHEST])
async def test_numbers_that_begin_again_after_an_idle_week_are_no_doubt(
    redis_url: str, database_url: str, first: int, connect: Callable[[], dict[str, str]]
) -> None:
    async with open_house(redis_url, database_url, **connect()) as house:
        await house.publish(ONE_STEP)
        (person,) = [one.id for one in await house.people.add_people(1)]
        last = await taken_in(house, (await house.people.start(BOT, person)).update_id)
        assert await house.ended(person) == ["completed"]
        await a_week_passes(house)
        await house.people.number_updates(BOT, first if first > 0 else last + first)
        written = [await house.people.write(BOT, person, "oi"), await house.people.write(BOT, person, "estou aqui")]
        newest = [await taken_in(house, one.update_id) for one in written][-1]
        assert await house.ended(person, 2) == ["completed", "completed"]
        assert await house.told(person) == ["first", "first"]
        assert (await Arrivals(house.redis).look(await bot_id(house))).floor == newest
        assert await house.pool.fetchval("SELECT doubted_until FROM bots") is None
        assert await house.pool.fetch("SELECT kind FROM incidents") == []


async def talk(house: House, person: int) -> None:
    """Write again as soon as the engine has taken the last word in; until cancelled."""
    while True:
        await taken_in(house, (await house.people.write(BOT, person, "oi")).update_id)


async def test_a_busy_webhook_is_freed_after_redis_has_lost_the_count(
    redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch, whole_redis: Redis
) -> None:
    """Something is always pending, so no look ever shows that nothing is missing."""
    async with open_house(redis_url, database_url, **by_webhook()) as house:
        await house.publish(ONE_STEP)
        silent, stuck, talker = [one.id for one in await house.people.add_people(3)]
        for person in (stuck, talker):
            await taken_in(house, (await house.people.start(BOT, person)).update_id)
        assert await house.ended(stuck) == ["completed"]
        await house.people.set_fault(Fault(FaultKind.BAD_GATEWAY, method="webhook", chat_id=stuck))
        await house.people.write(BOT, stuck, "estou aqui")
        await house.people.webhook(BOT, failures=1)
        await whole_redis.flushall()
        since_ms = await server_now_ms(house.redis)
        await taken_in(house, (await house.people.start(BOT, silent)).update_id)
        talking = asyncio.create_task(talk(house, talker))
        await house.people.webhook(BOT, failures=4)
        sent = "SELECT sent_at FROM recovery_deliveries WHERE sent_at >= $1"
        assert await house.pool.fetch(sent, since_ms) == []
        with monkeypatch.context() as five_minutes_later:
            five_minutes_later.setattr(webhook_feed, "GIVE_UP_MS", 0)
            await house.wait_for("SELECT 1 FROM bots WHERE doubted_until IS NOT NULL", 1)
        assert await house.ended(silent) == ["completed"]
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        doubted_until = await house.pool.fetchval("SELECT doubted_until FROM bots")
        sends = [row["sent_at"] for row in await house.pool.fetch(sent, since_ms)]
        assert min(sends) >= doubted_until + THRESHOLD_MS
        assert await house.told(stuck) == ["first"]
        assert await house.pool.fetch("SELECT kind FROM incidents") == []

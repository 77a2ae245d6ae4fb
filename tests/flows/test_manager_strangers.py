"""Strangers at the manager: however many write, however often, the admins get their screens and the servers no work."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from bench.sandbox.protocol import Act, Fault, FaultKind, PersonInfo
from bot.framework import intake
from bot.framework.strangers import MOST_TRIES
from engine.administration import campaigns, members
from engine.core.change import Change
from storage.postgres import pool as postgres
from storage.postgres.pool import MOST_CONNECTIONS
from tests.flows.office import DRAFT, LEAST_MS, Office, buttons, invitation, open_office

REFUSAL: Final = "This bot is for admins only. Ask the bot's owner for an invitation."
TOKEN: Final = "7123456789:" + "A" * 35
CONNECTIONS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
)


@pytest.fixture
async def office(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch, language="en") as opened:
        await opened.owner.start()
        yield opened


class Queries:
    """Counts for whom PostgreSQL is asked; those of `held` wait until the gate is open."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.of_each: Counter[int] = Counter()
        self.gate = asyncio.Event()
        self.gate.set()
        enter = members.enter

        async def counted(pool: Any, owners: frozenset[int], person: Any, now_ms: int) -> Any:
            self.of_each[person.user_id] += 1
            if person.user_id not in owners:
                await self.gate.wait()
            return await enter(pool, owners, person, now_ms)

        patch.setattr(members, "enter", counted)


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Queries:
    return Queries(monkeypatch)


async def crowd(office: Office, count: int) -> list[PersonInfo]:
    return await office.people.add_people(count, languages=("en",))


async def all_write(office: Office, people: list[PersonInfo], text: str = "hello") -> None:
    await office.people.act([Act("write", office.me.id, person.id, text=text) for person in people])


async def answers(office: Office, person: int) -> list[str]:
    messages = (await office.people.transcript(office.me.id, person)).messages
    return [message.text or "" for message in messages if message.from_bot and not message.deleted]


async def test_strangers_get_one_answer_and_cost_no_query_after_it(office: Office, queries: Queries) -> None:
    strangers = await crowd(office, 200)
    for _ in range(3):
        await all_write(office, strangers)
        assert "2 bots" in await office.owner.press("○ @shop_bot", "◀ Back")
        assert await office.desk.pool.fetchval(CONNECTIONS) <= MOST_CONNECTIONS
    told = {tuple(await answers(office, person.id)) for person in strangers}
    assert told <= {(), (REFUSAL,)}
    assert (REFUSAL,) in told
    assert all(queries.of_each[person.id] <= 1 for person in strangers)


async def test_an_admin_gets_screens_while_not_one_stranger_can_be_answered(office: Office, queries: Queries) -> None:
    """All that strangers may hold is held: 1,200 of them wait for a database that does not answer them."""
    queries.gate.clear()
    await all_write(office, await crowd(office, 1_200))
    assert "Active" in await office.owner.press("○ @shop_bot")
    assert sum(queries.of_each.values()) <= intake.STRANGERS_AT_ONCE + queries.of_each[office.owner.id]
    queries.gate.set()


async def test_a_limit_of_telegram_for_a_stranger_holds_up_no_admin(office: Office) -> None:
    (stranger,) = await crowd(office, 1)
    await office.people.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, bot=office.me.id, chat_id=stranger.id))
    await all_write(office, [stranger])
    assert "Active" in await office.owner.press("○ @shop_bot")
    assert await answers(office, stranger.id) == []


async def test_a_stranger_who_was_answered_gets_in_with_an_invitation_at_once(office: Office) -> None:
    guest = await office.someone()
    assert await guest.start() == REFUSAL
    await guesses(office, await crowd(office, 100))
    word = invitation(await office.owner.press("○ @shop_bot", "👥 Team", "➕ Editor"))
    assert "You now manage @shop_bot." in await guest.start(word)
    assert "1 bot" in await guest.says("hello")


async def guesses(office: Office, strangers: list[PersonInfo]) -> None:
    acts = [
        Act("start", office.me.id, person.id, payload=f"guess-{number}") for number in range(10) for person in strangers
    ]
    await office.people.act(acts)


async def test_a_guess_costs_and_gets_no_more_than_a_greeting(office: Office, queries: Queries) -> None:
    strangers = await crowd(office, 100)
    await guesses(office, strangers)
    assert "Active" in await office.owner.press("○ @shop_bot")
    assert all(queries.of_each[person.id] <= 1 for person in strangers)
    told = [len(await answers(office, person.id)) for person in strangers]
    assert max(told) <= 1


async def test_somebody_whom_the_command_line_makes_an_admin_is_heard_soon(office: Office) -> None:
    guest = await office.someone()
    assert await guest.start() == REFUSAL
    await office.appoint(guest, "editor")
    async with asyncio.timeout(20):
        while len(await answers(office, guest.id)) < 2:
            await office.people.write(office.me.id, guest.id, "And now?")
            await asyncio.sleep(0.1)
    await guest.shows("1 bot")


async def test_somebody_who_was_removed_loses_their_rights_at_once_and_is_told_once(office: Office) -> None:
    guest = await office.someone()
    await office.appoint(guest, "editor")
    await guest.start()
    await guest.press("○ @shop_bot")
    pause = await guest.data("⏸ Pause")
    await office.desk.pool.execute("DELETE FROM bot_admins")
    assert await guest.tap(pause) == "Not available"
    assert await guest.says("Hello?") == REFUSAL
    for _ in range(5):
        await office.people.write(office.me.id, guest.id, "Hello?")
    assert await guest.tap(pause) == "Not available"
    assert (await answers(office, guest.id)).count(REFUSAL) == 1
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bots WHERE status = 'paused'") == 0


async def test_an_admin_is_told_when_every_connection_is_busy(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    way = await office.owner.data("○ @shop_bot")
    monkeypatch.setattr(postgres, "_ACQUIRE_S", 0.05)
    async with AsyncExitStack() as busy:
        for _ in range(MOST_CONNECTIONS):
            await busy.enter_async_context(office.desk.pool.acquire())
        assert await office.owner.tap(way) == "The system can't answer right now. Try again in a moment."
        assert "can't answer right now" in await office.owner.says("hello")
    assert "2 bots" in await office.owner.says("hello again")


async def test_an_invitation_that_failed_for_want_of_a_server_may_be_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are told to try again in a moment, however long the moment is."""
    guest = await office.someone()
    word = invitation(await office.owner.press("○ @shop_bot", "👥 Team", "➕ Editor"))
    monkeypatch.setattr(postgres, "_ACQUIRE_S", 0.05)
    async with AsyncExitStack() as busy:
        for _ in range(MOST_CONNECTIONS):
            await busy.enter_async_context(office.desk.pool.acquire())
        for _ in range(MOST_TRIES + 1):
            assert "Try again in a moment" in await guest.start(word)
    assert "You now manage @shop_bot." in await guest.start(word)


async def test_redis_opens_no_door_to_its_readers(office: Office, whole_redis: Redis) -> None:
    """No invitation, no button that works, no token and no text of anybody: neither in a name nor in a value."""
    owner, guest, pool = office.owner, await office.someone(), office.desk.pool
    await campaigns.import_draft(pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await owner.press("○ @shop_bot", "🔁 Recovery", "📋 Steps", "● Step 1")
    await owner.says("Words of an admin")
    await owner.says(TOKEN)
    await owner.press("🏠", "○ @shop_bot", "👥 Team")
    invite = await owner.data("➕ Editor")
    text = await owner.press("➕ Editor")
    await guest.says("Words of a stranger")
    shown = [*buttons(await owner.screen()).values(), invite]
    held = await dump(whole_redis)
    secret = [invitation(text), TOKEN, TOKEN.partition(":")[2], office.me.token, "Words of", DRAFT.zone]
    found = [word for word in (*secret, *(data.partition(":")[2] for data in shown)) if word and word in held]
    assert found == []
    assert "rt:invitation:" in held
    assert "rt:tap:" in held


async def dump(redis: Redis) -> str:
    """Every key with its value."""
    return str([(key, await value(redis, str(key))) async for key in redis.scan_iter()])


async def value(redis: Redis, key: str) -> Any:
    match str(await redis.type(key)):
        case "string":
            return await redis.get(key)
        case "hash":
            return await redis.hgetall(key)
        case kind:
            assert kind == "zset"
            return await redis.zrange(key, 0, -1, withscores=True)

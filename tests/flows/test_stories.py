"""The stories of one silence, end to end: read them as documentation."""

import asyncio

import pytest

from bench.sandbox.protocol import Act, Fault, FaultKind
from bench.sandbox.world.identities import FIRST_PERSON_ID
from engine.administration import campaigns
from engine.core.change import Change
from engine.poller import lanes, token_suspicion
from engine.receiver import polling_feed
from storage.redis.client import Redis
from storage.redis.keys import of_bot
from storage.redis.server_clock import server_now_ms
from storage.redis.timers import Timers
from tests.flows.house import BOT, CAMPAIGN, House, open_house


async def test_a_silent_person_gets_the_whole_sequence_once(house: House) -> None:
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]


async def test_an_answer_cancels_the_rest_and_starts_a_new_silence(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await house.people.write(BOT, person, "I am back")
    assert await house.ended(person, 2) == ["returned", "completed"]
    assert await house.told(person) == ["first", "second", "first", "second", "third"]
    cancelled = await house.pool.fetch("SELECT block_key, reason FROM recovery_deliveries WHERE status = 'cancelled'")
    assert [tuple(row) for row in cancelled] == [("three", "returned")]


async def test_a_person_who_paid_gets_nothing_more(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await house.people.pay(BOT, person)
    assert await house.ended(person, 2) == ["paid", "paid"]
    assert await house.told(person) == ["first", "second"]


async def test_a_person_who_blocks_the_bot_gets_nothing_more(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await house.people.block(BOT, person)
    assert await house.ended(person) == ["unreachable"]
    unreachable = await house.pool.fetchval("SELECT unreachable_since FROM chats WHERE chat_id = $1", person)
    assert unreachable is not None
    assert await house.told(person) == ["first", "second"]


async def test_a_403_makes_the_chat_unreachable_and_ends_the_episode(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.BLOCKED, method="sendMessage"))
    person = await house.someone()
    assert await house.ended(person) == ["unreachable"]
    assert (await house.delivery(person, "one", "failed"))["reason"] == "unreachable"


async def test_a_429_holds_the_lane_and_spends_no_attempt(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, method="sendMessage", count=1, retry_after=1))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 1


async def test_a_server_error_is_tried_again(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.INTERNAL_ERROR, method="sendMessage", count=2))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 3


async def test_a_send_without_an_answer_is_unknown_and_never_repeated(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.ACCEPT_THEN_DROP, method="sendMessage", count=1))
    person = await house.someone()
    await house.delivery(person, "one", "unknown")
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]


async def test_refused_content_fails_its_block_and_the_next_block_is_sent(house: House) -> None:
    for _ in range(2):
        fault = await house.people.set_fault(Fault(FaultKind.BAD_REQUEST, method="sendMessage", count=1))
        person = await house.someone()
        assert await house.ended(person) == ["completed"]
        assert (await house.delivery(person, "one", "failed"))["reason"] == "refused"
        assert await house.told(person) == ["second", "third"]
        await house.people.remove_fault(fault.id)
    incidents = await house.pool.fetch("SELECT kind, subject, detail FROM incidents")
    told = ("block_refused", "version 1, hello/one", "Bad Request: message is too long")
    assert [tuple(row) for row in incidents] == [told]


async def test_an_owner_who_tries_the_bot_gets_no_reminder(redis_url: str, database_url: str) -> None:
    async with open_house(redis_url, database_url, ADMIN_IDS=str(FIRST_PERSON_ID)) as house:
        owner, other = await house.someone(), await house.someone()
        assert owner == FIRST_PERSON_ID
        assert await house.ended(owner) == ["cancelled"]
        assert await house.ended(other) == ["completed"]
        assert (await house.told(owner), len(await house.told(other))) == ([], 3)


async def test_a_stop_ends_open_episodes(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await campaigns.stop(house.pool, BOT, Change("test", await server_now_ms(house.redis)))
    assert await house.ended(person) == ["stopped"]
    assert await house.told(person) == ["first", "second"]


async def test_the_emergency_stop_holds_everything_until_it_ends(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await campaigns.stop_all(house.pool, Change("test", await server_now_ms(house.redis)))
    await house.people.write(BOT, person, "still here")
    assert await house.ended(person) == ["returned"]
    await campaigns.resume_all(house.pool, Change("test", await server_now_ms(house.redis)))
    assert await house.ended(person, 2) == ["returned", "completed"]
    assert await house.told(person) == ["first", "second", "first", "second", "third"]


async def test_an_emptied_redis_is_rebuilt_and_nothing_is_lost_or_repeated(house: House, whole_redis: Redis) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await whole_redis.flushall()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]


async def test_a_chat_whose_episode_is_over_leaves_nothing_in_redis(house: House) -> None:
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    bot_id: int = await house.pool.fetchval("SELECT id FROM bots")
    assert await Timers(house.redis).versions(bot_id, [person]) == [None]


async def test_one_refused_token_is_not_proof(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_suspicion, "BETWEEN_CHECKS_S", 0.05)
    await house.people.set_fault(Fault(FaultKind.UNAUTHORIZED, method="sendMessage", count=1))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]


async def test_a_token_refused_three_times_suspends_the_bot_and_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_suspicion, "BETWEEN_CHECKS_S", 0.05)
    for method in ("sendMessage", "getMe"):
        await house.people.set_fault(Fault(FaultKind.UNAUTHORIZED, method=method))
    person = await house.someone()
    await house.bot_status("suspended")
    await house.people.clear_faults()
    await house.pool.execute("UPDATE bots SET status = 'active'")
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert await house.pool.fetchval("SELECT count(*) FROM incidents WHERE kind = 'bot_suspended'") == 1


async def test_after_an_outage_the_backlog_is_taken_in_before_silence_is_judged(house: House) -> None:
    await house.pool.execute("UPDATE bots SET pace = 1000")
    (person, *crowd) = await house.people.add_people(251)
    outage = await house.people.set_fault(Fault(FaultKind.BAD_GATEWAY, method="getUpdates"))
    await house.people.act([Act("start", BOT, someone.id) for someone in [person, *crowd]])
    await house.people.write(BOT, person.id, "and one more word")
    await house.people.remove_fault(outage.id)
    assert await house.ended(person.id) == ["completed"]
    assert await house.told(person.id) == ["first", "second", "third"]


async def test_a_stop_is_for_good_and_activation_is_not_retroactive(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newcomer may arrive before the receiver has heard of the activation."""
    monkeypatch.setattr(lanes, "HEARD_BY_MS", 7_000)
    monkeypatch.setattr(polling_feed, "LONGEST_POLL_S", 3)
    await house.publish(CAMPAIGN.replace(b"schedule: 2s", b"schedule: 1h"))
    silent = [await house.someone(), await house.someone()]
    for person in silent:
        await house.delivery(person, "two", "sent")
    await campaigns.stop(house.pool, BOT, Change("test", await server_now_ms(house.redis)))
    assert [await house.ended(person) for person in silent] == [["stopped"]] * 2
    await campaigns.activate(house.pool, BOT, Change("test", await server_now_ms(house.redis)))
    newcomer = await house.someone()
    await house.delivery(newcomer, "two", "sent")
    assert [await house.told(person) for person in [*silent, newcomer]] == [["first", "second"]] * 3


async def test_a_sign_of_life_that_redis_forgot_is_armed_again(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    bot_id: int = await house.pool.fetchval("SELECT id FROM bots")
    keys = of_bot(bot_id)
    async with asyncio.timeout(20):
        while not (state := await house.redis.hget(keys.state, str(person))):  # noqa: ASYNC110 - Redis is the signal
            await asyncio.sleep(0)
    score = await house.redis.zscore(keys.timers, str(person))
    await house.people.write(BOT, person, "I am back")
    assert await house.ended(person) == ["returned"]
    await house.redis.hset(keys.state, str(person), state)
    await house.redis.zadd(keys.timers, {str(person): score or 0})
    assert await house.ended(person, 2) == ["returned", "completed"]


async def test_an_unconfirmed_refusal_of_a_token_suspends_no_bot(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_suspicion, "BETWEEN_CHECKS_S", 0.05)
    await house.people.set_fault(Fault(FaultKind.UNAUTHORIZED, method="sendMessage", count=1))
    await house.people.set_fault(Fault(FaultKind.BAD_GATEWAY, method="getMe"))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.pool.fetchval("SELECT status FROM bots") == "active"


async def test_a_message_on_the_wire_is_not_repeated_when_redis_loses_writes(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.SLOW, method="sendMessage", count=1, latency_ms=4_000))
    person = await house.someone()
    bot_id: int = await house.pool.fetchval("SELECT id FROM bots")
    keys = of_bot(bot_id)
    armed = None
    async with asyncio.timeout(20):
        while armed is None:
            armed = await house.redis.hget(keys.state, str(person))
    score = await house.redis.zscore(keys.timers, str(person))
    await house.delivery(person, "one", "sending")
    await house.people.open_requests(2)
    await house.redis.hset(keys.state, str(person), armed)
    await house.redis.zadd(keys.timers, {str(person): score or 0})
    await house.redis.hset(keys.bot, "run", "the run before")
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 1

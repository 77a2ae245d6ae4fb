"""Fetching updates: the wait, the offset, and who may wait."""

import asyncio

from bench.sandbox import SandboxClient
from bench.sandbox.protocol import Act
from tests.sandbox.caller import Caller, Reply

CONFLICT = (
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
)


async def begin(bot: Caller, client: SandboxClient) -> asyncio.Task[Reply]:
    """Open a poll that finds nothing, and see it arrive."""
    poll = asyncio.create_task(bot("getUpdates", timeout=50))
    await client.open_requests()
    return poll


async def test_a_poll_waits_for_the_next_update(bot: Caller, client: SandboxClient) -> None:
    (person,) = await client.add_people(1)
    poll = await begin(bot, client)
    act = await client.start("shop_bot", person.id, payload="ad7")
    (update,) = (await poll).result
    assert update["update_id"] == act.update_id
    assert update["message"]["text"] == "/start ad7"
    assert update["message"]["date"] == act.date == act.at_ms // 1000


async def test_a_poll_without_time_out_answers_at_once(bot: Caller) -> None:
    assert (await bot("getUpdates")).result == []


async def test_a_poll_that_finds_nothing_in_time_is_empty(bot: Caller) -> None:
    assert (await bot("getUpdates", timeout=1)).result == []


async def test_an_update_comes_again_until_the_offset_passes_it(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    written = await client.write("shop_bot", person, "hello")
    first, second = (await bot("getUpdates")).result
    assert second["update_id"] == written.update_id == first["update_id"] + 1
    assert (await bot("getUpdates", offset=second["update_id"])).result == [second]
    assert (await bot("getUpdates", offset=second["update_id"] + 1)).result == []
    assert (await bot("getWebhookInfo")).result["pending_update_count"] == 0


async def test_a_negative_offset_keeps_the_newest(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.act([Act("write", "shop_bot", person, text=str(number)) for number in range(5)])
    updates = (await bot("getUpdates", offset=-2)).result
    assert [update["message"]["text"] for update in updates] == ["3", "4"]
    assert (await bot("getUpdates")).result == updates
    assert (await bot("getUpdates", offset=-9)).result == updates


async def test_a_poll_hands_out_as_many_as_asked_for(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.act([Act("write", "shop_bot", person, text="x")] * 150)
    assert len((await bot("getUpdates", limit=7)).result) == 7
    assert len((await bot("getUpdates")).result) == 100


async def test_updates_that_were_not_asked_for_are_never_queued(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await bot("getUpdates", offset=-1, allowed_updates=["message"])
    assert (await client.edit("shop_bot", person, "/start again")).update_id is None
    written = await client.write("shop_bot", person, "hello")
    assert [one["update_id"] for one in (await bot("getUpdates")).result][1:] == [written.update_id]


async def test_a_second_poll_ends_the_first_with_a_conflict(bot: Caller, client: SandboxClient) -> None:
    (person,) = await client.add_people(1)
    first = await begin(bot, client)
    second = asyncio.create_task(bot("getUpdates", timeout=50))
    assert (await first).refusal == CONFLICT
    await client.start("shop_bot", person.id)
    assert len((await second).result) == 1


async def test_a_poll_whose_client_left_does_not_conflict(bot: Caller, client: SandboxClient) -> None:
    gone = await begin(bot, client)
    gone.cancel()
    record = await client.record(wait=10)
    assert [row.broken_off for row in record.rows] == ["client"]
    (person,) = await client.add_people(1)
    await client.start("shop_bot", person.id)
    assert len((await bot("getUpdates")).result) == 1


async def test_bots_share_neither_updates_nor_polls(bot: Caller, client: SandboxClient, person: int) -> None:
    other = Caller(bot.session, bot.url.partition("/bot")[0], (await client.bots())[1])
    waiting = await begin(other, client)
    assert len((await bot("getUpdates")).result) == 1
    await client.start("course_bot", person)
    assert len((await waiting).result) == 1


async def test_a_revoked_token_ends_the_poll_and_every_later_call(bot: Caller, client: SandboxClient) -> None:
    poll = await begin(bot, client)
    renewed = await client.revoke_token("shop_bot")
    assert (await poll).refusal == (401, "Unauthorized")
    assert (await bot("getMe")).refusal == (401, "Unauthorized")
    again = Caller(bot.session, bot.url.partition("/bot")[0], renewed)
    assert (await again("getMe")).result["id"] == bot.bot.id


async def test_dropping_pending_updates_empties_the_queue(bot: Caller, person: int) -> None:
    assert person
    assert (await bot("deleteWebhook", drop_pending_updates=True)).result is True
    assert (await bot("getUpdates")).result == []

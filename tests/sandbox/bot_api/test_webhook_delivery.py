"""What reaches a webhook: the request, the order, how much at once, and what stays when the webhook is removed."""

import asyncio
from typing import Any

import aiohttp

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Act, BotInfo, Fault, FaultKind
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver

WORD = "Secret_1-2"


async def write(client: SandboxClient, person: int, text: str = "x") -> int:
    update_id = (await client.write("shop_bot", person, text)).update_id
    assert update_id is not None
    return update_id


async def acknowledged(client: SandboxClient) -> list[int]:
    return [one.update_id for one in (await client.acknowledgements()).acknowledged]


async def test_an_update_is_posted_as_polling_would_show_it(bot: Caller, person: int, receiver: Receiver) -> None:
    (polled,) = (await bot("getUpdates")).result
    await bot("setWebhook", url=receiver.url, secret_token=WORD)
    visit = await receiver.next()
    assert visit.update == polled
    assert (visit.secret, visit.headers["Content-Type"]) == (WORD, "application/json")
    assert receiver.paths == ["/telegram/1"]
    assert person == polled["message"]["chat"]["id"]


async def test_without_a_secret_there_is_no_header(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    await bot("setWebhook", url=receiver.url)
    assert (await receiver.next()).secret is None
    assert await write(client, person) == (await receiver.next()).update_id


async def test_a_delivered_update_is_acknowledged_with_its_time(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    visit = await slow_receiver.next()
    assert await client.acknowledged_at("shop_bot", visit.update_id, wait=0) is None
    visit.answer(204)
    at_ms = await client.acknowledged_at("shop_bot", visit.update_id)
    (row,) = (await client.acknowledgements()).acknowledged
    assert (row.bot_id, row.update_id, row.at_ms) == (bot.bot.id, visit.update_id, at_ms)
    act = await client.write("shop_bot", person, "x")
    assert act.at_ms >= row.at_ms


async def test_a_chat_has_one_update_in_flight_and_other_chats_do_not_wait(
    bot: Caller, client: SandboxClient, slow_receiver: Receiver
) -> None:
    one, other = [person.id for person in await client.add_people(2)]
    await bot("setWebhook", url=slow_receiver.url)
    first, second = await write(client, one), await write(client, one)
    parallel = await write(client, other)
    visits = await slow_receiver.several(2)
    assert set(visits) == {first, parallel}
    assert (await client.webhook("shop_bot")).in_flight == 2
    visits[parallel].answer()
    assert await client.acknowledged_at("shop_bot", parallel)
    assert slow_receiver.quiet
    visits[first].answer()
    assert (await slow_receiver.next()).update_id == second
    assert await acknowledged(client) == [parallel, first]


async def test_taps_and_blocks_may_overtake_the_messages_of_their_chat(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    await bot("sendMessage", chat_id=person, text="well?", reply_markup=keyboard)
    await client.edit("shop_bot", person, "/start again")
    await client.tap("shop_bot", person)
    await client.block("shop_bot", person)
    await bot("setWebhook", url=slow_receiver.url)
    visits = await slow_receiver.several(3)
    kinds = {kind for visit in visits.values() for kind in visit.update}
    assert kinds == {"update_id", "message", "callback_query", "my_chat_member"}
    assert (await client.webhook("shop_bot")).in_flight == 3


async def test_no_more_are_in_flight_than_connections_were_allowed(
    bot: Caller, client: SandboxClient, slow_receiver: Receiver
) -> None:
    people = await client.add_people(5)
    await bot("setWebhook", url=slow_receiver.url, max_connections=2)
    await client.act([Act("write", "shop_bot", person.id, text="x") for person in people])
    visits = list((await slow_receiver.several(2)).values())
    webhook = await client.webhook("shop_bot")
    assert (webhook.in_flight, webhook.pending) == (2, 5)
    assert slow_receiver.quiet
    visits[0].answer()
    await slow_receiver.next()
    assert (await client.webhook("shop_bot")).in_flight == 2
    slow_receiver.let_go()
    await slow_receiver.several(2)


async def test_updates_in_flight_count_as_pending(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    await write(client, person)
    visit = await slow_receiver.next()
    assert (await bot("getWebhookInfo")).result["pending_update_count"] == 2
    visit.answer()
    await slow_receiver.next()
    assert (await bot("getWebhookInfo")).result["pending_update_count"] == 1


async def test_polling_continues_where_a_deleted_webhook_stopped(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    waiting = await write(client, person)
    visit = await slow_receiver.next()
    await bot("deleteWebhook")
    visit.answer()
    polled = [update["update_id"] for update in (await bot("getUpdates")).result]
    assert polled == [visit.update_id, waiting]
    assert (await client.acknowledgements()).acknowledged == []


async def test_a_new_webhook_gets_what_the_old_one_had_in_flight(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver, receiver: Receiver
) -> None:
    assert person
    await bot("setWebhook", url=slow_receiver.url)
    visit = await slow_receiver.next()
    early = await bot("setWebhook", url=receiver.url)
    assert early.refusal == (429, "Too Many Requests: retry after 1")
    await asyncio.sleep(early.content["parameters"]["retry_after"])
    await bot("setWebhook", url=receiver.url)
    assert (await receiver.next()).update_id == visit.update_id
    assert (await client.webhook("shop_bot")).url == receiver.url


async def test_a_revoked_token_ends_the_deliveries(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    visit = await slow_receiver.next()
    renewed = await client.revoke_token("shop_bot")
    again = _as(bot, renewed)
    await write(client, person)
    info = (await again("getWebhookInfo")).result
    assert (info["url"], info["pending_update_count"]) == ("", 2)
    assert (await again("getUpdates")).result[0]["update_id"] == visit.update_id
    assert slow_receiver.quiet


async def test_a_reset_ends_the_deliveries(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    assert person
    await bot("setWebhook", url=slow_receiver.url)
    (await slow_receiver.next()).answer(500)
    await slow_receiver.next()
    await client.reset()
    webhook = await client.webhook("shop_bot")
    assert (webhook.url, webhook.pending, webhook.in_flight) == ("", 0, 0)
    assert _couriers() == []
    assert (await bot("getUpdates")).result == []


async def test_bots_have_webhooks_of_their_own(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    other = _as(bot, (await client.bots())[1])
    await other("setWebhook", url=receiver.url)
    started = await client.start("course_bot", person)
    assert (await receiver.next()).update_id == started.update_id
    assert len((await bot("getUpdates")).result) == 1
    assert receiver.quiet


async def test_a_sandbox_that_closes_leaves_nothing_running(
    session: aiohttp.ClientSession, slow_receiver: Receiver
) -> None:
    async with Sandbox(1) as sandbox, SandboxClient(sandbox.control_url) as client:
        one, other = [person.id for person in await client.add_people(2)]
        await Caller(session, sandbox.api_url, sandbox.bots[0])("setWebhook", url=slow_receiver.url)
        await client.set_fault(Fault(FaultKind.HANG, method="webhook", chat_id=other))
        await client.act([Act("write", "shop_bot", one, text="x"), Act("write", "shop_bot", other, text="x")])
        await slow_receiver.next()
        assert len(_couriers()) == 2
    assert _couriers() == []


def _couriers() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "Courier" in repr(task.get_coro())]


def _as(bot: Caller, info: BotInfo) -> Caller:
    return Caller(bot.session, bot.url.partition("/bot")[0], info)

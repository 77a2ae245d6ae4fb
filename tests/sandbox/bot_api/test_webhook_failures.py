"""A webhook that refuses, is away or loses answers: when deliveries are retried, and what getWebhookInfo says."""

import asyncio
import socket

import pytest

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.webhook_delivery import Backoff, Failure
from bench.sandbox.protocol import Act, Fault, FaultKind
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver


async def last_error(bot: Caller) -> str | None:
    info = (await bot("getWebhookInfo")).result
    assert ("last_error_message" in info) == ("last_error_date" in info)
    message = info.get("last_error_message")
    return None if message is None else str(message)


def test_the_first_retry_is_at_once_and_the_pauses_double_up_to_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.after(Failure("x")) for _ in range(8)] == [0, 2, 4, 8, 16, 32, 60, 60]


def test_a_receiver_may_ask_for_a_pause_of_up_to_an_hour() -> None:
    backoff = Backoff()
    assert [backoff.after(Failure("x", asked)) for asked in (7, 9_999, 0, 0)] == [7, 3600, 2, 4]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, "Wrong response from the webhook: 500 Internal Server Error"),
        (503, "Wrong response from the webhook: 503 Service Unavailable"),
        (302, "Wrong response from the webhook: 302 Found"),
        (401, "Wrong response from the webhook: 401 Unauthorized"),
    ],
)
async def test_only_2xx_takes_an_update(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver, status: int, told: str
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    refused = await slow_receiver.next()
    refused.answer(status, Location=f"{slow_receiver.url}/elsewhere")
    again = await slow_receiver.next()
    assert again.update == refused.update
    assert slow_receiver.paths == ["/telegram/1"] * 2
    assert await last_error(bot) == told
    assert (await client.acknowledgements()).acknowledged == []
    again.answer()
    assert await client.acknowledged_at("shop_bot", again.update_id)
    assert await last_error(bot) == told
    assert person == again.update["message"]["chat"]["id"]


async def test_an_error_comes_with_its_date(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    await bot("setWebhook", url=slow_receiver.url)
    act = await client.write("shop_bot", person, "x")
    assert await last_error(bot) is None
    (await slow_receiver.next()).answer(500)
    await slow_receiver.next()
    assert (await bot("getWebhookInfo")).result["last_error_date"] >= act.date


async def test_deliveries_to_an_unreachable_receiver_are_retried_until_it_is_back(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    async with Receiver(listening=False) as receiver:
        await bot("setWebhook", url=receiver.url)
        later = (await client.write("shop_bot", person, "x")).update_id
        assert (await client.webhook("shop_bot", failures=3)).failures >= 3
        assert await last_error(bot) == "Connection refused"
        assert (await bot("getWebhookInfo")).result["pending_update_count"] == 2
        await receiver.listen()
        first = await receiver.next()
        assert (first.update_id, (await receiver.next()).update_id) == ((later or 0) - 1, later)
        assert await client.acknowledged_at("shop_bot", later or 0)


@pytest.mark.parametrize(("linger", "told"), [(b"\1\0\0\0\0\0\0\0", "Connection reset by peer"), (None, None)])
async def test_a_receiver_that_dies_before_it_answers_gets_the_update_again(
    bot: Caller, client: SandboxClient, person: int, linger: bytes | None, told: str | None
) -> None:
    """A reset is reported; a plain close is not, as at Telegram."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")
        if linger is not None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    assert person
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        await bot("setWebhook", url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await client.webhook("shop_bot", failures=1)
        assert await last_error(bot) == told
        await bot("deleteWebhook")


async def test_a_requested_pause_is_kept(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    assert person
    await bot("setWebhook", url=slow_receiver.url)
    (await slow_receiver.next()).answer(429, Retry_After="3600")
    webhook = await client.webhook("shop_bot", failures=1)
    assert (webhook.in_flight, webhook.pending) == (0, 1)
    assert slow_receiver.quiet


async def test_a_chat_that_fails_keeps_its_order_and_lets_others_pass(
    bot: Caller, client: SandboxClient, receiver: Receiver
) -> None:
    one, other = [person.id for person in await client.add_people(2)]
    fault = await client.set_fault(Fault(FaultKind.BAD_GATEWAY, method="webhook", chat_id=one))
    await bot("setWebhook", url=receiver.url)
    acts = await client.act([Act("write", "shop_bot", who, text="x") for who in (one, one, other)])
    ids = [act.update_id for act in acts]
    assert (await receiver.next()).update_id == ids[2]
    await client.webhook("shop_bot", failures=2)
    assert await last_error(bot) == "Wrong response from the webhook: 502 Bad Gateway"
    await client.remove_fault(fault.id)
    assert [(await receiver.next()).update_id for _ in range(2)] == ids[:2]


async def test_a_stuck_chat_with_many_updates_delays_the_others(
    bot: Caller, client: SandboxClient, receiver: Receiver
) -> None:
    one, other = [person.id for person in await client.add_people(2)]
    await client.set_fault(Fault(FaultKind.INTERNAL_ERROR, method="webhook", chat_id=one))
    await bot("setWebhook", url=receiver.url, max_connections=1)
    acts = await client.act([Act("write", "shop_bot", who, text="x") for who in (one, one, other)])
    await client.webhook("shop_bot", failures=3)
    assert receiver.quiet
    await client.clear_faults()
    assert (await receiver.next()).update_id == acts[0].update_id


async def test_an_answer_lost_on_the_way_brings_the_update_twice(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    assert person
    await client.set_fault(Fault(FaultKind.ACCEPT_THEN_DROP, method="webhook", count=1))
    await bot("setWebhook", url=receiver.url)
    assert (await receiver.next()).update == (await receiver.next()).update
    assert len((await client.acknowledgements()).acknowledged) <= 1
    assert await last_error(bot) is None


async def test_a_delivery_lost_on_the_way_comes_again(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    assert person
    await client.set_fault(Fault(FaultKind.DROP_BEFORE_ACCEPT, method="webhook", count=1))
    await bot("setWebhook", url=receiver.url)
    visit = await receiver.next()
    assert await client.acknowledged_at("shop_bot", visit.update_id)
    assert ((await client.webhook("shop_bot")).failures, receiver.quiet) == (1, True)


async def test_a_slow_delivery_is_overtaken(bot: Caller, client: SandboxClient, receiver: Receiver) -> None:
    one, other = [person.id for person in await client.add_people(2)]
    await client.set_fault(Fault(FaultKind.SLOW, method="webhook", chat_id=one, latency_ms=3_600_000))
    await bot("setWebhook", url=receiver.url)
    acts = await client.act([Act("write", "shop_bot", who, text="x") for who in (one, other)])
    assert (await receiver.next()).update_id == acts[1].update_id
    assert await client.acknowledged_at("shop_bot", acts[1].update_id or 0)
    webhook = await client.webhook("shop_bot")
    assert (webhook.in_flight, webhook.pending, receiver.quiet) == (1, 1, True)


async def test_a_fault_without_a_method_spares_deliveries(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    await bot("setWebhook", url=receiver.url)
    await receiver.next()
    await client.set_fault(Fault(FaultKind.INTERNAL_ERROR))
    act = await client.write("shop_bot", person, "x")
    assert (await receiver.next()).update_id == act.update_id
    assert (await bot("getMe")).status == 500

"""Every fault that can be injected, as the bot sees it, and what the record says about it."""

import asyncio
from collections.abc import Awaitable

import aiohttp
import pytest

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.faults import Faults, Occasion, Verdict
from bench.sandbox.client import ControlFailedError
from bench.sandbox.protocol import Fault, FaultKind, Row
from tests.sandbox.caller import Caller, Reply, reply

GET_ME = Occasion(1, None, "getme")


async def last_row(client: SandboxClient) -> Row:
    return (await client.record()).rows[-1]


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (FaultKind.BLOCKED, (403, "Forbidden: bot was blocked by the user")),
        (FaultKind.DEACTIVATED, (403, "Forbidden: user is deactivated")),
        (FaultKind.CHAT_NOT_FOUND, (400, "Bad Request: chat not found")),
        (FaultKind.BAD_REQUEST, (400, "Bad Request: message is too long")),
        (FaultKind.WRONG_FILE, (400, "Bad Request: wrong file identifier/HTTP URL specified")),
        (FaultKind.TOO_LARGE, (413, "Request Entity Too Large")),
        (FaultKind.UNAUTHORIZED, (401, "Unauthorized")),
        (FaultKind.INTERNAL_ERROR, (500, "Internal Server Error")),
        (FaultKind.RESTART, (500, "Internal Server Error: restart")),
        (FaultKind.TOO_MANY_REQUESTS, (429, "Too Many Requests: retry after 7")),
    ],
)
async def test_an_injected_refusal_reads_like_a_real_one_and_sends_nothing(
    bot: Caller, client: SandboxClient, person: int, kind: FaultKind, refusal: tuple[int, str]
) -> None:
    await client.set_fault(Fault(kind, method="sendMessage", retry_after=7))
    assert (await bot("sendMessage", chat_id=person, text="x")).refusal == refusal
    assert len((await client.transcript("shop_bot", person)).messages) == 1
    row = await last_row(client)
    assert (row.ok, row.error_code, row.fault, row.broken_off) == (False, refusal[0], kind, None)


async def test_too_many_requests_say_when_to_come_again(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=35))
    answer = await bot("sendMessage", chat_id=person, text="x")
    assert answer.content["parameters"] == {"retry_after": 35}
    assert answer.retry_after == "35"


async def test_a_bad_gateway_answers_with_a_page(bot: Caller, client: SandboxClient) -> None:
    await client.set_fault(Fault(FaultKind.BAD_GATEWAY))
    async with bot.session.post(f"{bot.url}/getMe") as answer:
        assert answer.status == 502
        assert answer.content_type == "text/html"
        assert "<h1>502 Bad Gateway</h1>" in await answer.text()


async def test_accept_then_drop_stores_the_message_and_answers_nothing(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.set_fault(Fault(FaultKind.ACCEPT_THEN_DROP, chat_id=person))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot("sendMessage", chat_id=person, text="taken")
    assert (await client.transcript("shop_bot", person)).messages[-1].text == "taken"
    row = await last_row(client)
    assert (row.ok, row.message_id, row.broken_off) == (True, 2, "fault")


async def test_drop_before_accept_stores_nothing(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.DROP_BEFORE_ACCEPT, chat_id=person))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot("sendMessage", chat_id=person, text="lost")
    assert len((await client.transcript("shop_bot", person)).messages) == 1
    row = await last_row(client)
    assert (row.ok, row.message_id, row.broken_off) == (None, None, "fault")


async def give_up(call: Awaitable[Reply], client: SandboxClient) -> Row:
    """Call, see the request arrive, go away; what the record says of it."""
    impatient = asyncio.ensure_future(call)
    await client.open_requests()
    impatient.cancel()
    (row,) = (await client.record(wait=10)).rows
    return row


async def test_a_hang_ends_when_the_client_gives_up(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.HANG, method="sendMessage"))
    row = await give_up(bot("sendMessage", chat_id=person, text="lost"), client)
    assert (row.ok, row.fault, row.broken_off) == (None, "hang", "client")
    assert len((await client.transcript("shop_bot", person)).messages) == 1


async def test_a_slow_call_is_done_at_once_and_answered_late(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.SLOW, method="sendMessage", latency_ms=3_600_000))
    row = await give_up(bot("sendMessage", chat_id=person, text="taken"), client)
    assert (row.ok, row.message_id, row.broken_off) == (True, 2, "client")
    assert (await client.transcript("shop_bot", person)).messages[-1].text == "taken"


async def test_a_slow_call_is_answered_in_the_end(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.SLOW, latency_ms=1))
    assert (await bot("sendMessage", chat_id=person, text="x")).status == 200
    assert (await last_row(client)).fault == "slow"


def test_slowness_lets_the_next_fault_decide_as_well() -> None:
    faults = Faults(0)
    refusal = Fault(FaultKind.TOO_MANY_REQUESTS)
    for fault in (Fault(FaultKind.SLOW, latency_ms=20), Fault(FaultKind.SLOW, latency_ms=5), refusal):
        faults.add(fault, None)
    assert faults.judge(GET_ME) == Verdict(25, refusal)


async def test_a_fault_strikes_as_often_as_ordered_and_says_how_often_it_did(
    bot: Caller, client: SandboxClient
) -> None:
    fault = await client.set_fault(Fault(FaultKind.INTERNAL_ERROR, count=2))
    assert [(await bot("getMe")).status for _ in range(3)] == [500, 500, 200]
    (listed,) = await client.faults()
    assert (listed.id, listed.used) == (fault.id, 2)


async def test_a_fault_strikes_only_where_it_is_aimed(bot: Caller, client: SandboxClient, person: int) -> None:
    other = Caller(bot.session, bot.url.partition("/bot")[0], (await client.bots())[1])
    await client.set_fault(Fault(FaultKind.INTERNAL_ERROR, bot="shop_bot", method="SENDMESSAGE"))
    await client.start("course_bot", person)
    assert (await bot("getMe")).status == 200
    assert (await bot("sendMessage", chat_id=person, text="x")).status == 500
    assert (await other("sendMessage", chat_id=person, text="x")).status == 200


async def test_faults_end_when_they_are_removed(bot: Caller, client: SandboxClient) -> None:
    one = await client.set_fault(Fault(FaultKind.INTERNAL_ERROR))
    await client.set_fault(Fault(FaultKind.BAD_REQUEST))
    await client.remove_fault(one.id)
    assert (await bot("getMe")).status == 400
    await client.clear_faults()
    assert (await bot("getMe")).status == 200


async def test_an_unauthorized_fault_does_not_revoke_the_token(bot: Caller, client: SandboxClient) -> None:
    await client.set_fault(Fault(FaultKind.UNAUTHORIZED, count=1))
    async with bot.session.get(f"{bot.url}/getMe") as answer:
        assert (await reply(answer)).status == 401
    assert (await bot("getMe")).status == 200


def test_chance_follows_the_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault(FaultKind.INTERNAL_ERROR, probability=0.5), None)
        return [faults.judge(GET_ME).fault is not None for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 60 < sum(struck(1)) < 140


async def test_a_fault_for_a_misspelt_method_is_refused_with_the_mend(client: SandboxClient) -> None:
    with pytest.raises(ControlFailedError, match="no method sendMesage: give one of the Bot API"):
        await client.set_fault(Fault(FaultKind.HANG, method="sendMesage"))
    for known in ("sendmessage", "webhook", "/file"):
        assert (await client.set_fault(Fault(FaultKind.HANG, method=known))).used == 0
    assert len(await client.faults()) == 3

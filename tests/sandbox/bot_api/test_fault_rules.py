"""When a fault strikes, how long a slow call takes, and answers that no client expects."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.sandbox import ControlFailedError, SandboxClient
from bench.sandbox.bot_api.faults import Faults, Occasion
from bench.sandbox.protocol import Fault, FaultKind
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver

_HOUR_MS = 3_600_000


async def raw(bot: Caller, method: str, **parameters: Any) -> tuple[int, bytes]:
    async with bot.session.post(f"{bot.url}/{method}", json=parameters) as answer:
        return answer.status, await answer.read()


def struck(fault: Fault, occasions: Iterator[Occasion]) -> list[bool]:
    faults = Faults(0)
    faults.add(fault, None)
    return [faults.judge(one).fault is not None for one in occasions]


def test_a_fault_strikes_within_its_window() -> None:
    fault = Fault(FaultKind.UNAUTHORIZED, from_ms=10, until_ms=20)
    assert struck(fault, (Occasion(1, None, "getme", now_ms) for now_ms in (9, 10, 19, 20))) == [0, 1, 1, 0]


async def test_the_window_goes_by_the_clock_that_can_be_moved(bot: Caller, client: SandboxClient) -> None:
    now_ms = (await client.time()).now_ms
    await client.set_fault(Fault(FaultKind.UNAUTHORIZED, from_ms=now_ms + _HOUR_MS, until_ms=now_ms + 3 * _HOUR_MS))
    statuses = [(await bot("getMe")).status]
    for _ in range(2):
        await client.move_time(2 * _HOUR_MS)
        statuses.append((await bot("getMe")).status)
    assert statuses == [200, 401, 200]


def test_a_fault_may_begin_at_a_message_of_a_chat() -> None:
    fault = Fault(FaultKind.BLOCKED, at_message=3)
    assert struck(fault, (Occasion(1, 5, "sendmessage", message=number) for number in (1, 2, 3, 4))) == [0, 0, 1, 1]
    assert struck(fault, iter([Occasion(1, 5, "sendchataction", message=9)])) == [False]


def latencies(fault: Fault, seed: int = 0) -> list[int]:
    faults = Faults(seed)
    faults.add(fault, None)
    return [faults.judge(Occasion(1, None, "getme")).latency_ms for _ in range(2000)]


def test_a_uniform_latency_lies_between_its_bounds() -> None:
    fault = Fault(FaultKind.SLOW, distribution="uniform", latency_ms=100, most_ms=300)
    drawn = latencies(fault)
    assert (min(drawn), max(drawn)) == (100, 300)
    assert 190 < sum(drawn) / len(drawn) < 210
    assert drawn == latencies(fault) != latencies(fault, seed=1)


def test_a_lognormal_latency_has_its_median_and_a_long_tail() -> None:
    fault = Fault(FaultKind.SLOW, distribution="lognormal", latency_ms=100, sigma=1.0, most_ms=1500)
    drawn = sorted(latencies(fault))
    assert 90 < drawn[1000] < 110
    assert drawn[1900] > 400
    assert drawn[-1] == 1500


async def test_a_uniform_latency_without_bounds_is_refused(client: SandboxClient) -> None:
    with pytest.raises(ControlFailedError, match="needs most_ms"):
        await client.set_fault(Fault(FaultKind.SLOW, distribution="uniform", latency_ms=5))


async def test_a_flood_error_may_lack_its_parameters(bot: Caller, client: SandboxClient) -> None:
    await client.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=None))
    answer = await bot("getMe")
    assert answer.refusal == (429, "Too Many Requests")
    assert "parameters" not in answer.content
    assert answer.retry_after is None


async def test_an_error_may_lack_its_description(bot: Caller, client: SandboxClient) -> None:
    await client.set_fault(Fault(FaultKind.NO_DESCRIPTION))
    assert await raw(bot, "getMe") == (500, b'{"ok":false,"error_code":500}')


async def test_the_json_of_an_answer_may_be_cut_in_half(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.TRUNCATED, method="sendMessage"))
    status, body = await raw(bot, "sendMessage", chat_id=person, text="taken")
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert (await client.transcript("shop_bot", person)).messages[-1].text == "taken"
    row = (await client.record()).rows[-1]
    assert (row.ok, row.message_id, row.fault) == (True, 2, "truncated")


async def test_objects_may_have_unknown_fields(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.UNKNOWN_FIELDS))
    update = (await bot("getUpdates")).result[-1]
    assert update["message"]["from"]["id"] == person
    for known in (update, update["message"], update["message"]["from"]):
        assert known["field_of_tomorrow"] == {"depth": [1]}


async def test_an_update_of_an_unknown_type_is_queued_in_order(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.UNKNOWN_UPDATE, method="getUpdates", count=1))
    first, second = (await bot("getUpdates", allowed_updates=["message"])).result
    assert first["message"]["chat"]["id"] == person
    assert second == {"update_id": first["update_id"] + 1, "update_of_tomorrow": {"depth": [1]}}
    assert (await bot("getUpdates", offset=second["update_id"] + 1)).result == []


async def test_a_person_may_block_the_bot_at_a_certain_message(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.BLOCKS, chat_id=person, at_message=2))
    assert (await bot("sendMessage", chat_id=person, text="a")).status == 200
    refusal = (await bot("sendMessage", chat_id=person, text="b")).refusal
    assert refusal == (403, "Forbidden: bot was blocked by the user")
    await bot("sendMessage", chat_id=person, text="c")
    kinds = [[*update][1] for update in (await bot("getUpdates")).result]
    assert kinds == ["message", "my_chat_member"]


async def test_a_person_may_leave_telegram_in_mid_run(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.LEAVES, method="sendMessage"))
    refusal = (await bot("sendMessage", chat_id=person, text="a")).refusal
    assert refusal == (403, "Forbidden: user is deactivated")
    assert (await client.transcript("shop_bot", person)).relation == "deleted"


async def test_a_call_may_be_done_and_answered_as_if_it_failed(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.set_fault(Fault(FaultKind.BAD_GATEWAY, method="sendMessage", accepted=True))
    status, _ = await raw(bot, "sendMessage", chat_id=person, text="taken")
    assert status == 502
    assert (await client.transcript("shop_bot", person)).messages[-1].text == "taken"
    assert (await client.record()).rows[-1].ok


async def test_a_delivery_may_be_damaged_as_well(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver
) -> None:
    await bot("getUpdates", offset=-1)
    await client.set_fault(Fault(FaultKind.UNKNOWN_FIELDS, method="webhook", count=1))
    await bot("setWebhook", url=receiver.url)
    assert (await receiver.next()).update["field_of_tomorrow"] == {"depth": [1]}
    await client.set_fault(Fault(FaultKind.UNKNOWN_UPDATE, method="webhook"))
    await client.write("shop_bot", person, "x")
    kinds = {[*(await receiver.next()).update][1] for _ in range(2)}
    assert kinds == {"message", "update_of_tomorrow"}

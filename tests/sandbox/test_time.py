"""The clock that can be moved: dates and ages follow it, waits do not."""

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller

_DAY_MS = 24 * 3600 * 1000


async def test_dates_follow_the_moved_clock(bot: Caller, client: SandboxClient, person: int) -> None:
    before = (await bot("sendMessage", chat_id=person, text="x")).result["date"]
    await client.move_time(3 * _DAY_MS)
    after = (await bot("sendMessage", chat_id=person, text="x")).result["date"]
    assert 3 * 86_400 <= after - before < 3 * 86_400 + 60


async def test_a_message_grows_old_when_the_clock_is_moved(bot: Caller, client: SandboxClient, person: int) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="x")).result["message_id"]
    await client.move_time(2 * _DAY_MS + 1000)
    refusal = (await bot("deleteMessage", chat_id=person, message_id=sent)).refusal
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_poll_waits_by_the_steady_clock(bot: Caller, client: SandboxClient) -> None:
    await client.move_time(-_DAY_MS)
    assert (await bot("getUpdates", timeout=1)).result == []


async def test_the_clock_can_be_moved_set_and_reset(client: SandboxClient) -> None:
    await client.move_time(1000)
    assert (await client.move_time(500)).offset_ms == 1500
    assert (await client.set_time(-7)).offset_ms == -7
    await client.reset()
    assert (await client.time()).offset_ms == 0

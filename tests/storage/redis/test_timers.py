"""Calling the scripts: names instead of positions, one clock, and one kind of failure."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engine.core.errors import UnreachableError
from storage.redis.bot_state import hold, set_generation
from storage.redis.client import Redis, open_redis
from storage.redis.keys import URGENCY_MS, of_bot
from storage.redis.ownership import OwnCode
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timer_values import (
    NOTHING_ARMED,
    ClaimCode,
    Confirmed,
    Fence,
    Held,
    Holding,
    Interrupted,
    LastLook,
    Lost,
    NextTimer,
    Restored,
    Sign,
    Ticket,
)
from storage.redis.timers import Timers

BOT = 7
LEASE_MS = 3_000


async def _confirm(timers: Timers) -> Confirmed:
    return await timers.confirm(BOT, Holding("us 1", await run_of(timers._client)))


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    await set_generation(client, BOT, 5, run="")
    await client.set(of_bot(BOT).poll, "us 1")
    yield client
    await client.aclose()


async def test_one_chat_goes_through_every_script_by_name(client: Redis) -> None:
    timers = Timers(client, lambda: 1_800_000_000_000_000)
    now = 1_800_000_000_000
    assert await _confirm(timers) == (OwnCode.OURS, now, NOTHING_ARMED)
    assert await timers.touch(BOT, [Sign(1, 0)], 0) == (now, "5", now, ())
    held = Held(1, now * 1000 + 1, now, now, marked=False, opaque="", generation="5")
    assert await timers.claim(BOT, 10, LEASE_MS, 1) == (ClaimCode.CLAIMED, now, now + LEASE_MS, (held,))
    assert await timers.pass_(BOT, [held.last_look]) == [Fence.CURRENT]
    assert await timers.settle(BOT, [NextTimer(1, held.version, now + 9, urgent=True, opaque="1c")]) == [Fence.CURRENT]
    assert await timers.versions(BOT, [1, 2]) == [held.version, None]
    assert await timers.end(BOT, [1]) == (Interrupted(1, on_wire=False, opaque="1c"),)
    assert await timers.restore(BOT, [Lost(1, now, now + 9, on_wire=True, opaque="1c")]) == [Restored.RESTORED]


async def test_bots_share_nothing(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(1, 0)], 0)
    assert (await timers.touch(8, [], 0)).nearest_due_ms == -1
    assert await timers.end(8, [1]) == ()
    assert await timers.versions(8, [1]) == [None]
    assert await client.zcard(of_bot(BOT).timers) == 1


async def test_a_claim_returns_the_hold_until_it_is_over(client: Redis) -> None:
    until_ms = await server_now_ms(client) + 60_000
    await hold(client, BOT, until_ms)
    claimed = await Timers(client).claim(BOT, 1, LEASE_MS, 1)
    assert (claimed.code, claimed.nearest_due_ms) == (ClaimCode.HELD, until_ms)


Ask = Callable[[Timers], Awaitable[object]]


async def _due(client: Redis) -> int:
    """When chat 1 is next looked at, urgent or not."""
    score = await client.zscore(of_bot(BOT).timers, "1")
    assert score is not None
    return int(score) + (URGENCY_MS if score < 0 else 0)


async def _watermark(client: Redis) -> int:
    return int(await client.hget(of_bot(BOT).bot, "watermark") or 0)


async def _version_ms(client: Redis) -> int:
    (version,) = await Timers(client).versions(BOT, [1])
    assert version is not None
    return version // 1000


async def _extend(timers: Timers) -> list[Fence]:
    (held,) = (await timers.claim(BOT, 1, 1, 1)).timers
    return await timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)


@pytest.mark.parametrize(
    ("ask", "moment", "after_ms"),
    [
        (_confirm, _watermark, 0),
        (lambda timers: timers.touch(BOT, [Sign(1, 0)], 500), _due, 500),
        (lambda timers: timers.touch(BOT, [Sign(1, 0)], 500), _version_ms, 0),
        (lambda timers: timers.claim(BOT, 1, LEASE_MS, 1), _due, LEASE_MS),
        (_extend, _due, LEASE_MS),
        (lambda timers: timers.restore(BOT, [Lost(1, 2**41, 9, on_wire=False, opaque="")]), _version_ms, 0),
    ],
    ids=["confirm", "touch", "version", "claim", "extend", "restore"],
)
async def test_in_production_the_servers_clock_decides(
    client: Redis, ask: Ask, moment: Callable[[Redis], Awaitable[int]], after_ms: int
) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(1, 1)], 0)
    await _confirm(timers)
    before = await server_now_ms(client)
    await ask(timers)
    after = await server_now_ms(client)
    assert before <= await moment(client) - after_ms <= after


async def test_a_holder_that_knows_another_run_of_the_server_confirms_nothing(client: Redis) -> None:
    confirmed = await Timers(client).confirm(BOT, Holding("us 1", "0" * 40))
    assert confirmed.code is OwnCode.OTHERS
    assert await _watermark(client) == 0


async def test_an_absent_server_raises_one_error_that_names_the_mend() -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    timers = Timers(client)
    asks: list[Ask] = [
        lambda timers: timers.touch(BOT, [Sign(1, 0)], 0),
        lambda timers: timers.confirm(BOT, Holding("us 1", "")),
        lambda timers: timers.claim(BOT, 1, LEASE_MS, 1),
        lambda timers: timers.pass_(BOT, [LastLook(1, 1, "5")]),
        lambda timers: timers.extend(BOT, [Ticket(1, 1)], LEASE_MS),
        lambda timers: timers.settle(BOT, [NextTimer(1, 1, -1)]),
        lambda timers: timers.end(BOT, [1]),
        lambda timers: timers.restore(BOT, [Lost(1, 1, 1, on_wire=False, opaque="")]),
        lambda timers: timers.versions(BOT, [1]),
    ]
    for ask in asks:
        with pytest.raises(UnreachableError, match="check REDIS_URL"):
            await ask(timers)
    await client.aclose()

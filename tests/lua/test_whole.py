"""In any order of events: a chat has one timer and one state or neither, and its version only grows.

Played on both servers at once, which must agree to the last byte.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import fakeredis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.redis.chat_states import unpack
from storage.redis.client import open_redis
from storage.redis.timer_values import LastLook, Lost, NextTimer, Sign, Ticket
from tests.lua.conftest import BOT, GENERATION, LEASE_MS, START_MS, Bench

CHATS = (1, 2, 3)

Act = tuple[str, int, int]
ACTS = st.tuples(
    st.sampled_from(["touch", "sign", "disarm", "claim", "pass", "extend", "settle", "remove", "end", "restore"])
    | st.sampled_from(["time", "clock steps back", "restart"]),
    st.sampled_from(CHATS),
    st.integers(0, 9_000),
)


class Look(NamedTuple):
    """All that a server holds of the bot."""

    timers: dict[str, float]
    states: dict[str, str]
    bot: dict[str, str]


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACTS, max_size=25))
def test_any_order_of_events_keeps_timers_and_states_together(redis_url: str, acts: list[Act]) -> None:
    asyncio.run(_play(redis_url, acts))


async def _play(redis_url: str, acts: list[Act]) -> None:
    fake = Bench(fakeredis.FakeAsyncRedis(decode_responses=True))
    real = Bench(open_redis(redis_url))
    await real.client.flushdb()
    for bench in (fake, real):
        await bench.make_whole()
    before = await _look(fake)
    for act in acts:
        await _do(fake, *act)
        await _do(real, *act)
        after = await _look(fake)
        assert await _look(real) == after
        _check(before, after)
        before = after
    for bench in (fake, real):
        await bench.client.aclose()


async def _look(bench: Bench) -> Look:
    client: Any = bench.client  # redis-py's types allow for bytes, which we never ask for
    k = bench.keys
    return Look(
        dict(await client.zrange(k.timers, 0, -1, withscores=True)),
        await client.hgetall(k.state),
        await client.hgetall(k.bot),
    )


def _check(before: Look, after: Look) -> None:
    assert after.timers.keys() == after.states.keys()
    for chat, state in after.states.items():
        version, seen_ms, due_ms, _, _ = unpack(state)
        assert after.timers[chat] == due_ms or after.timers[chat] < 0, "a plain score is the due itself"
        if chat in before.states:
            old = unpack(before.states[chat])
            assert version >= old.version
            assert seen_ms >= old.seen_ms
            assert version > old.version or seen_ms == old.seen_ms, "another last seen is another version"


async def _do(bench: Bench, deed: str, chat: int, ms: int) -> None:
    (version,) = await bench.timers.versions(BOT, [chat])
    now, held = bench.now_ms, version or START_MS
    odd = ms % 2 == 1
    deeds: dict[str, Callable[[], Coroutine[object, object, object]]] = {
        "touch": lambda: bench.timers.touch(BOT, [Sign(chat, 0)], 1_000),
        "sign": lambda: bench.timers.touch(BOT, [Sign(chat, now - ms), Sign(1, now - ms)], 1_000),
        "disarm": lambda: bench.timers.touch(BOT, [Sign(chat, 0)], None),
        "claim": lambda: bench.claim(limit=1 + ms % 3, fresh=ms % 2),
        "pass": lambda: bench.timers.pass_(BOT, [LastLook(chat, held - odd, GENERATION)]),
        "extend": lambda: bench.timers.extend(BOT, [Ticket(chat, held - odd)], LEASE_MS),
        "settle": lambda: bench.timers.settle(BOT, [NextTimer(chat, held, now + ms, urgent=odd, opaque="1 c")]),
        "remove": lambda: bench.timers.settle(BOT, [NextTimer(chat, held - odd, -1)]),
        "end": lambda: bench.timers.end(BOT, [chat]),
        "restore": lambda: bench.timers.restore(BOT, [Lost(chat, now - ms, now, odd, "1")]),
        "time": lambda: bench.pass_time(ms),
        "clock steps back": lambda: bench.pass_time(-ms),
        "restart": lambda: _forget_scripts(bench),
    }
    await deeds[deed]()


async def _forget_scripts(bench: Bench) -> None:
    await bench.client.script_flush()

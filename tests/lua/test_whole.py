"""Whatever happens in whatever order: a chat has one timer and one state, or neither."""

import asyncio
from collections.abc import Callable, Coroutine

import fakeredis
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.timers import Lost, Next, Sign
from tests.lua.conftest import BOT, Bench

Act = tuple[str, int, int]
ACTS = st.tuples(
    st.sampled_from(["touch", "disarm", "claim", "settle", "remove", "end", "restore", "time"]),
    st.integers(1, 3),
    st.integers(0, 90_000),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(ACTS, max_size=25))
def test_timers_and_states_have_the_same_members(acts: list[Act]) -> None:
    asyncio.run(_play(acts))


async def _play(acts: list[Act]) -> None:
    bench = Bench(fakeredis.FakeAsyncRedis(decode_responses=True))
    await bench.make_whole()
    for act in acts:
        await _do(bench, *act)
        timers = set(await bench.client.zrange(bench.keys.timers, 0, -1))
        states = set(await bench.client.hkeys(bench.keys.state))
        assert timers == states
    await bench.client.aclose()


async def _do(bench: Bench, deed: str, chat: int, ms: int) -> None:
    (version,) = await bench.timers.versions(BOT, [chat])
    now = bench.now_ms
    deeds: dict[str, Callable[[], Coroutine[object, object, object]]] = {
        "touch": lambda: bench.timers.touch(BOT, [Sign(chat, now - ms)], 1_000),
        "disarm": lambda: bench.timers.touch(BOT, [Sign(chat, 0)], None),
        "claim": lambda: bench.claim(limit=2),
        "settle": lambda: bench.timers.settle(
            BOT, [Next(chat, version or 1, now + ms, urgent=ms % 2 == 0, opaque="1")]
        ),
        "remove": lambda: bench.timers.settle(BOT, [Next(chat, version or 1, -1)]),
        "end": lambda: bench.timers.end(BOT, [chat]),
        "restore": lambda: bench.timers.restore(BOT, [Lost(chat, now - ms, now, ms % 2 == 0, "1")]),
        "time": lambda: bench.pass_time(ms),
    }
    await deeds[deed]()

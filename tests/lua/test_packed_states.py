"""How a chat's state is packed: nothing is lost in it, any client can read it, and it stays small.

An earlier release wrote text. Both are read, so that no timer is lost while releases run side by side.
"""

import asyncio
from collections.abc import Awaitable, Callable

import fakeredis
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.redis import bot_state
from storage.redis.chat_states import State, read_states, unpack
from storage.redis.client import open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import ClaimCode, LastLook, Lost, MoveTo, NextTimer, Restored, Sign, Ticket
from tests.lua.conftest import BOT, GENERATION, LEASE_MS, MINUTE_MS, START_MS, Bench
from tests.packed_states import as_text, pack

LAST_MS = 2**42 - 1
MOST_BYTES = 24
"""Of a state without an opaque: more takes a bigger block of the server's memory beside a chat's id of ten digits."""

times = st.integers(0, LAST_MS)
opaques = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
states = st.builds(State, st.integers(0, 2**53 - 2), times, times, st.booleans(), opaques)


@given(state=states)
def test_what_is_packed_or_text_is_read_as_it_was_written(state: State) -> None:
    if state.version < 48 * 2**49 - 1:
        assert unpack(pack(state)) == state
    assert unpack(as_text(state)) == state


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(now_us=st.integers(1, 2**53 - 2), seen_ms=times, due_ms=times, marked=st.booleans(), opaque=opaques)
@example(now_us=2**53 - 2, seen_ms=LAST_MS, due_ms=LAST_MS, marked=True, opaque="1 2 3 0 x")
@example(now_us=1, seen_ms=0, due_ms=0, marked=False, opaque="")
def test_the_scripts_write_and_read_what_we_read(
    redis_url: str, now_us: int, seen_ms: int, due_ms: int, opaque: str, *, marked: bool
) -> None:
    asyncio.run(_restored_and_touched(redis_url, State(now_us, seen_ms, due_ms, marked, opaque)))


async def _restored_and_touched(redis_url: str, state: State) -> None:
    for client in (fakeredis.FakeAsyncRedis(decode_responses=True), open_redis(redis_url)):
        await client.flushdb()
        bench = Bench(client)
        bench.timers._now_us = lambda: state.version
        await bench.timers.restore(BOT, [Lost(1, *state[1:])])
        assert await client.hget(bench.keys.state, "1") == pack(state)
        assert await bench.state(1) == state
        assert await bench.score(1) == state.due_ms
        touched = await bench.timers.touch(BOT, [Sign(1, 0)], 0)
        assert touched.interrupted == (((1, state.marked, state.opaque),) if state.opaque else ())
        assert await bench.version(1) == state.version + 1
        await client.aclose()


@pytest.mark.parametrize("threshold_ms", [0, MINUTE_MS, 30 * 24 * 60 * MINUTE_MS])
async def test_an_armed_chat_needs_little_and_is_plain_text_to_any_client(bench: Bench, threshold_ms: int) -> None:
    await bench.arm(1, threshold_ms=threshold_ms)
    state = str(await bench.client.hget(bench.keys.state, "1"))
    assert state.isascii()
    assert len(state) <= MOST_BYTES


Deed = Callable[[Bench, int], Awaitable[object]]
DEEDS: dict[str, Deed] = {
    "touch": lambda bench, _: bench.timers.touch(BOT, [Sign(1, 0)], MINUTE_MS),
    "an older sign": lambda bench, _: bench.timers.touch(BOT, [Sign(1, START_MS - 60 * MINUTE_MS)], MINUTE_MS),
    "disarm": lambda bench, _: bench.timers.touch(BOT, [Sign(1, 0)], None),
    "claim": lambda bench, _: bench.claim(),
    "pass": lambda bench, version: bench.timers.pass_(BOT, [LastLook(1, version, GENERATION)]),
    "pass stale": lambda bench, version: bench.timers.pass_(BOT, [LastLook(1, version - 1, GENERATION)]),
    "extend": lambda bench, version: bench.timers.extend(BOT, [Ticket(1, version)], LEASE_MS),
    "settle": lambda bench, version: bench.timers.settle(BOT, [NextTimer(1, version, START_MS + 9, opaque="1c")]),
    "remove": lambda bench, version: bench.timers.settle(BOT, [NextTimer(1, version, -1)]),
    "end": lambda bench, _: bench.timers.end(BOT, [1]),
    "restore": lambda bench, _: bench.timers.restore(BOT, [Lost(1, START_MS, START_MS, on_wire=True, opaque="1c")]),
    "restore older": lambda bench, _: bench.timers.restore(BOT, [Lost(1, 5, 5, on_wire=True, opaque="1c")]),
    "move": lambda bench, _: bench.timers.move(BOT, [MoveTo(1, "1c", START_MS, START_MS + 5, "1c")]),
    "move a silence": lambda bench, _: bench.timers.move(BOT, [MoveTo(1, "", START_MS, START_MS + 5, "")]),
    "versions": lambda bench, _: bench.timers.versions(BOT, [1]),
    "silences": lambda bench, _: bench.timers.silences(BOT, 0),
    "states": lambda bench, _: read_states(bench.client, BOT, [1, 2]),
}
STATES = [
    State(START_MS * 1000 - 7, START_MS - MINUTE_MS, START_MS, marked, opaque)
    for marked in (False, True)
    for opaque in ("", "1c 1 2")
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{'marked' * state.marked} {state.opaque}")
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
async def test_what_an_earlier_release_wrote_is_treated_as_if_we_had_written_it(
    bench: Bench, deed: Deed, state: State
) -> None:
    seen = []
    for written in (pack(state), as_text(state)):
        await bench.client.delete(bench.keys.bot)
        await bench.make_whole()
        await bench.client.hset(bench.keys.state, "1", written)
        await bench.client.zadd(bench.keys.timers, {"1": state.due_ms})
        seen.append((await deed(bench, state.version), *await bench.look(1)))
    assert seen[0] == seen[1]


async def test_timers_whose_states_another_release_wrote_are_lost_until_a_rebuild(redis_url: str) -> None:
    client = open_redis(redis_url)
    bench = Bench(client)
    codes = []
    run = await run_of(client)
    for named in (run, f"{run} of another form", f"{run} {bot_state.FORM}", ""):
        await bench.client.hset(bench.keys.bot, mapping={"generation": "1", "run": named})
        codes.append((await bench.claim()).code)
    await bot_state.set_generation(client, BOT, 1, run)
    codes.append((await bench.claim()).code)
    assert await client.hget(bench.keys.bot, "run") != run, "an earlier release takes it for another run, and rebuilds"
    await client.aclose()
    assert codes == [ClaimCode.LOST, ClaimCode.LOST, ClaimCode.CLAIMED, ClaimCode.LOST, ClaimCode.CLAIMED]


@pytest.mark.parametrize("seen_ms", [START_MS - MINUTE_MS, START_MS])
async def test_a_state_whose_timer_an_earlier_release_dropped_gets_one(bench: Bench, seen_ms: int) -> None:
    await bench.arm(1)
    version = await bench.version(1)
    await bench.client.zrem(bench.keys.timers, "1")
    lost = Lost(1, seen_ms, START_MS + MINUTE_MS, on_wire=False, opaque="")
    assert await bench.timers.restore(BOT, [lost]) == [Restored.RESTORED]
    assert await bench.score(1) == lost.due_ms
    assert await bench.state(1) == State(version + 1, START_MS, lost.due_ms, marked=False, opaque="")
    assert await bench.timers.restore(BOT, [lost]) == [Restored.KEPT]

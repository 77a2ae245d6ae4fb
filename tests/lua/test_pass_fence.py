"""The last look before a send: only the current version passes, and a chat that passes is marked as on the wire."""

import pytest

from storage.redis import bot_state
from storage.redis.chat_states import State
from storage.redis.client import open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Fence, Held, LastLook
from storage.redis.timers import BATCH
from tests.lua.conftest import BOT, GENERATION, LEASE_MS, MINUTE_MS, Bench


@pytest.fixture
async def held(bench: Bench) -> Held:
    return await bench.hold(1)


async def test_the_current_version_passes_and_others_do_not(bench: Bench, held: Held) -> None:
    look = held.last_look
    older, newer = look._replace(version=held.version - 1), look._replace(version=held.version + 1)
    fences = await bench.timers.pass_(BOT, [older, look, newer, look._replace(chat_id=2)])
    assert fences == [Fence.STALE, Fence.CURRENT, Fence.STALE, Fence.STALE]


async def test_a_pass_marks_the_chat_and_changes_nothing_else(bench: Bench, held: Held) -> None:
    await bench.settle(1, bench.now_ms, opaque="1 cursor")
    score = await bench.score(1)
    await bench.timers.pass_(BOT, [held.last_look])
    assert await bench.state(1) == State(held.version, held.seen_ms, bench.now_ms, marked=True, opaque="1 cursor")
    assert await bench.score(1) == score


async def test_nothing_passes_without_a_generation(bench: Bench, held: Held) -> None:
    await bot_state.forget_generation(bench.client, BOT)
    before = await bench.look(1)
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]
    assert await bench.look(1) == before


async def test_what_was_claimed_before_a_rebuild_does_not_pass_after_it(bench: Bench, held: Held) -> None:
    """It asked PostgreSQL before; Redis may lack a touch that nobody has repeated yet."""
    await bot_state.set_generation(bench.client, BOT, 2, "")
    before = await bench.look(1)
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]
    assert await bench.look(1) == before
    await bench.pass_time(LEASE_MS)
    assert await bench.timers.pass_(BOT, [(await bench.claim_one()).last_look]) == [Fence.CURRENT]


async def test_each_look_of_a_call_is_compared_with_the_rebuild_before_its_own_claim(bench: Bench, held: Held) -> None:
    await bot_state.set_generation(bench.client, BOT, 2, "")
    await bench.arm(2)
    await bench.pass_time(MINUTE_MS)
    later = {one.chat_id: one for one in (await bench.claim()).timers}[2]
    looks = [held.last_look, later.last_look, later.last_look._replace(generation=held.generation)]
    assert await bench.timers.pass_(BOT, looks) == [Fence.STALE, Fence.CURRENT, Fence.STALE]


async def test_nothing_passes_where_the_states_may_have_another_form(bench: Bench, held: Held) -> None:
    await bench.client.hset(bench.keys.bot, "run", "")
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_nothing_passes_in_another_run_of_the_server(redis_url: str) -> None:
    """On Valkey alone: fakeredis has no runs."""
    client = open_redis(redis_url)
    bench = Bench(client)
    await bench.make_whole()
    held, fences = await bench.hold(1), []
    for run in ("another", await run_of(client), ""):
        await bot_state.set_generation(client, BOT, int(GENERATION), run)
        fences += await bench.timers.pass_(BOT, [held.last_look])
    await client.aclose()
    assert fences == [Fence.STALE, Fence.CURRENT, Fence.CURRENT]


async def test_a_stale_pass_marks_nothing(bench: Bench, held: Held) -> None:
    before = await bench.look(1)
    look = held.last_look
    await bench.timers.pass_(BOT, [look._replace(version=held.version - 1), look._replace(chat_id=2)])
    assert await bench.look(1) == before
    assert await bench.look(2) == (None, None)


async def test_a_pass_may_be_repeated(bench: Bench, held: Held) -> None:
    look = held.last_look
    assert await bench.timers.pass_(BOT, [look, look]) == [Fence.CURRENT, Fence.CURRENT]
    assert await bench.timers.pass_(BOT, [look]) == [Fence.CURRENT]


async def test_after_a_touch_no_older_version_passes(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_after_a_touch_under_a_clock_that_steps_back_no_older_version_passes(bench: Bench, held: Held) -> None:
    bench.now_ms -= MINUTE_MS
    await bench.arm(1)
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_a_sign_that_does_not_count_lets_the_holder_pass(bench: Bench, held: Held) -> None:
    await bench.arm(1, seen_ms=held.seen_ms - 5_000)
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.CURRENT]


async def test_after_another_claim_no_older_version_passes(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS)
    await bench.claim_one()
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_a_chat_that_was_taken_out_does_not_pass(bench: Bench, held: Held) -> None:
    await bench.timers.end(BOT, [1])
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]
    assert await bench.look(1) == (None, None)


async def test_one_call_answers_a_whole_batch_in_order(bench: Bench) -> None:
    await bench.arm(*range(0, BATCH, 2))
    versions = await bench.timers.versions(BOT, range(BATCH))
    looks = [LastLook(chat, version or 1, GENERATION) for chat, version in enumerate(versions)]
    fences = await bench.timers.pass_(BOT, looks)
    assert fences == [Fence.CURRENT, Fence.STALE] * (BATCH // 2)

"""The due of a waiting chat is moved, but never that of a chat that is held, on the wire, or elsewhere by now."""

import pytest

from storage.redis.chat_states import State
from storage.redis.keys import URGENCY_MS
from storage.redis.timer_values import Moved, MoveTo
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, Bench

EPISODE = "1900/"


@pytest.fixture
async def waiting(bench: Bench) -> Bench:
    """Chat 1 waits for a step of its episode."""
    held = await bench.hold(1)
    await bench.settle(1, bench.now_ms + MINUTE_MS, opaque=f"{EPISODE}0/a/b/0")
    assert held.chat_id == 1
    return bench


async def move(
    bench: Bench, begins: str = EPISODE, due_ms: int = 0, opaque: str = f"{EPISODE}0/c/d/0", silent_ms: int = 0
) -> Moved:
    (code,) = await bench.timers.move(BOT, [MoveTo(1, begins, silent_ms, due_ms or bench.now_ms + 5, opaque)])
    return code


async def test_a_waiting_chat_is_moved_under_the_same_version(waiting: Bench) -> None:
    version, due_ms = await waiting.version(1), waiting.now_ms + 5
    assert await move(waiting) is Moved.MOVED
    state, score = await waiting.look(1)
    assert state is not None
    assert state == State(version, state.seen_ms, due_ms, marked=False, opaque=f"{EPISODE}0/c/d/0")
    assert score == due_ms


async def test_moving_twice_is_moving_once(waiting: Bench) -> None:
    due_ms = waiting.now_ms + 5
    await move(waiting, due_ms=due_ms)
    before = await waiting.look(1)
    assert await move(waiting, due_ms=due_ms) is Moved.MOVED
    assert await waiting.look(1) == before


async def test_a_held_chat_is_left_alone_until_its_lease_is_over(waiting: Bench) -> None:
    await waiting.pass_time(MINUTE_MS)
    assert (await waiting.claim_one()).chat_id == 1
    before = await waiting.look(1)
    assert await move(waiting) is Moved.ELSEWHERE
    assert await waiting.look(1) == before
    waiting.now_ms += LEASE_MS
    assert await move(waiting) is Moved.MOVED


async def test_a_chat_on_the_wire_is_left_alone_until_its_lease_is_over_and_keeps_its_mark(waiting: Bench) -> None:
    await waiting.pass_time(MINUTE_MS)
    held = await waiting.claim_one()
    await waiting.timers.pass_(BOT, [held.last_look])
    assert await move(waiting) is Moved.ELSEWHERE
    waiting.now_ms += LEASE_MS
    assert await move(waiting) is Moved.MOVED
    state, _ = await waiting.look(1)
    assert state is not None
    assert state.marked


async def test_an_urgent_timer_stays_urgent(waiting: Bench) -> None:
    await waiting.pass_time(MINUTE_MS)
    await waiting.claim_one()
    await waiting.settle(1, waiting.now_ms + MINUTE_MS, urgent=True, opaque=f"{EPISODE}1/a/c/1")
    assert await move(waiting) is Moved.MOVED
    assert await waiting.score(1) == waiting.now_ms + 5 - URGENCY_MS


async def test_a_chat_whose_episode_redis_does_not_know_is_moved_if_it_is_of_this_silence(bench: Bench) -> None:
    await bench.arm(1)
    state, _ = await bench.look(1)
    assert state is not None
    seen_ms = state.seen_ms
    assert await move(bench, silent_ms=seen_ms - 1000) is Moved.ELSEWHERE
    assert await move(bench, silent_ms=seen_ms // 1000 * 1000) is Moved.MOVED


async def test_a_silence_whose_first_message_is_on_the_wire_is_not_moved_as_one(bench: Bench) -> None:
    held = await bench.hold(1)
    await bench.timers.pass_(BOT, [held.last_look])
    bench.now_ms += LEASE_MS
    assert await move(bench, begins="", opaque="", silent_ms=held.seen_ms) is Moved.ELSEWHERE


async def test_a_chat_that_has_come_back_is_left_alone(waiting: Bench) -> None:
    await waiting.arm(1)
    before = await waiting.look(1)
    assert await move(waiting) is Moved.ELSEWHERE
    assert await waiting.look(1) == before


async def test_another_episode_is_left_alone(waiting: Bench) -> None:
    assert await move(waiting, begins="1901/") is Moved.ELSEWHERE


async def test_a_silence_is_moved_as_one_if_nobody_has_written_since(bench: Bench) -> None:
    await bench.arm(1)
    assert await move(bench, begins="", opaque="", silent_ms=bench.now_ms - 1_000) is Moved.ELSEWHERE
    assert await move(bench, begins="", opaque="", silent_ms=bench.now_ms) is Moved.MOVED
    assert await bench.score(1) == bench.now_ms + 5
    assert await move(bench, begins=EPISODE) is Moved.ELSEWHERE


async def test_an_episode_is_not_moved_as_a_silence(waiting: Bench) -> None:
    assert await move(waiting, begins="", opaque="") is Moved.ELSEWHERE


async def test_what_is_not_there_is_not_moved(bench: Bench) -> None:
    assert await move(bench) is Moved.ABSENT
    assert await bench.timers.move(BOT, []) == []


async def test_only_armed_silences_are_listed(bench: Bench) -> None:
    await bench.hold(1)
    await bench.settle(1, bench.now_ms + MINUTE_MS, opaque=f"{EPISODE}0/a/b/0")
    await bench.arm(2)
    position, silences = await bench.timers.silences(BOT, 0)
    assert position == 0
    assert [(one.chat_id, one.due_ms - one.seen_ms) for one in silences] == [(2, MINUTE_MS)]

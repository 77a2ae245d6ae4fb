"""People's acts are dated by Telegram's clock; a new update is no older than what had come before it, all the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.receiver.events import UNDATED, Gone, SignOfLife, not_before
from storage.redis.chat_states import State, read_states
from storage.redis.server_clock import server_now_ms
from tests.receiver.lone_bot import BOT, Desk

CHAT, OTHER = 41, 42
BEHIND = pytest.mark.parametrize("behind_s", [5, 660, 86_400])
MOMENTS = st.integers(1, 2**42)


def message(number: int, chat: int, date_s: int) -> dict[str, Any]:
    person = {"id": chat, "is_bot": False, "first_name": "Ana"}
    said = {"message_id": 1, "date": date_s, "chat": {"id": chat, "type": "private"}, "from": person, "text": "hello"}
    return {"update_id": number, "message": said}


def poll(*updates: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "result": list(updates)}


async def telegram_s(desk: Desk, behind_s: int) -> int:
    """Telegram's clock: Redis is ahead of it by so much."""
    return await server_now_ms(desk.client) // 1000 - behind_s


async def state_of(desk: Desk, chat: int) -> State:
    (state,) = await read_states(desk.client, BOT, [chat])
    assert state
    return state


@BEHIND
async def test_a_message_of_this_moment_is_no_old_silence(desk: Desk, behind_s: int) -> None:
    feed = desk.polling()
    await feed.run_once()
    confirmed_ms = await desk.watermark()
    desk.telegram.polls.append(poll(message(1, CHAT, await telegram_s(desk, behind_s))))
    await feed.run_once()
    state = await state_of(desk, CHAT)
    assert state.seen_ms >= confirmed_ms
    await feed._effects.activity.flush()
    assert await desk.pool.fetchval("SELECT last_active FROM chats") == state.seen_ms


@BEHIND
async def test_a_second_message_counts_as_later_than_the_first(desk: Desk, behind_s: int) -> None:
    """By Telegram's clock it is older than what Redis has seen by now."""
    feed = desk.polling()
    await feed.run_once()
    desk.telegram.polls.append(poll(message(1, CHAT, await telegram_s(desk, behind_s))))
    await feed.run_once()
    first = await state_of(desk, CHAT)
    while await desk.watermark() // 1000 <= first.seen_ms // 1000:
        await feed.run_once()
    desk.telegram.polls.append(poll(message(2, CHAT, await telegram_s(desk, behind_s))))
    await feed.run_once()
    assert (await state_of(desk, CHAT)).version > first.version


@BEHIND
async def test_a_receiver_that_begins_dates_what_waited_by_what_its_predecessor_confirmed(
    desk: Desk, behind_s: int
) -> None:
    feed = desk.polling()
    await feed.run_once()
    desk.telegram.polls.append(poll(message(1, OTHER, await telegram_s(desk, behind_s))))
    await feed.run_once()
    confirmed_ms = await desk.watermark()
    desk.telegram.polls.append(poll(message(2, CHAT, await telegram_s(desk, behind_s))))
    await desk.polling().run_once()
    assert (await state_of(desk, CHAT)).seen_ms >= confirmed_ms


async def test_what_comes_again_to_the_next_receiver_is_no_new_sign_of_life(desk: Desk) -> None:
    """Its predecessor confirmed the feed, and died before it could acknowledge the update."""
    feed, date_s = desk.polling(), await telegram_s(desk, 60)
    desk.telegram.polls.append(poll(message(1, CHAT, date_s)))
    await feed.run_once()
    before = await state_of(desk, CHAT)
    await feed.run_once()
    desk.telegram.polls.append(poll(message(1, CHAT, date_s)))
    await desk.polling().run_once()
    assert await state_of(desk, CHAT) == before


@given(seen_ms=MOMENTS, moment_ms=MOMENTS)
def test_a_sign_of_life_is_no_earlier_and_keeps_its_date_within_the_second(seen_ms: int, moment_ms: int) -> None:
    sign = SignOfLife(CHAT, seen_ms, "Ana", None, None)
    dated = not_before(sign, moment_ms)
    assert dated == sign._replace(seen_ms=moment_ms if moment_ms // 1000 > seen_ms // 1000 else seen_ms)
    assert not_before(dated, moment_ms) == dated


@given(moment_ms=MOMENTS)
def test_what_has_no_date_or_is_no_sign_of_life_stays_as_it_is(moment_ms: int) -> None:
    for event in (SignOfLife(CHAT, UNDATED, None, None, None), Gone(CHAT, 5_000), Gone(CHAT)):
        assert not_before(event, moment_ms) == event

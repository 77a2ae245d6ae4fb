"""The signs of the last minute are bounded: by their age, by the chat, and by the bot's share of the room."""

from hypothesis import given
from hypothesis import strategies as st

from engine.chats.recent_signs import KEPT_MS, RecentSigns
from storage.redis.timer_values import Sign

FLOODED, QUIET = 1, 2


def test_a_chat_that_writes_a_thousand_times_is_kept_once_with_its_latest_sign() -> None:
    recent = RecentSigns()
    for seen in (3, 9, 5):
        recent.keep(QUIET, [Sign(7, seen)] * 100, now_ms=10)
    assert recent.of_bots() == {QUIET: [Sign(7, 9)]}


def test_a_flood_forgets_its_own_oldest_signs_and_nobody_elses() -> None:
    recent = RecentSigns(room=100)
    recent.keep(QUIET, [Sign(7, 1)], now_ms=1)
    for chat in range(500):
        recent.keep(FLOODED, [Sign(chat, 1)], now_ms=1)
    kept = recent.of_bots()
    assert kept[QUIET] == [Sign(7, 1)]
    assert kept[FLOODED] == [Sign(chat, 1) for chat in range(450, 500)]


def test_signs_older_than_a_minute_are_forgotten_of_every_bot() -> None:
    recent = RecentSigns()
    recent.keep(FLOODED, [Sign(1, 1)], now_ms=0)
    recent.keep(QUIET, [Sign(2, 2)], now_ms=KEPT_MS + 1)
    assert recent.of_bots() == {QUIET: [Sign(2, 2)]}


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 400), st.integers(0, 200_000)), max_size=300))
def test_whatever_comes_the_room_holds_it_and_the_newest_sign_is_kept(came: list[tuple[int, int, int]]) -> None:
    recent, now_ms = RecentSigns(room=40), 0
    for bot, chat, later_ms in came:
        now_ms += later_ms
        recent.keep(bot, [Sign(chat, now_ms)], now_ms)
        assert len(recent) == sum(map(len, recent.of_bots().values())) <= 40 + 9
        assert recent.of_bots()[bot][-1] == Sign(chat, now_ms)

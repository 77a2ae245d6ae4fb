"""What waits for PostgreSQL is bounded and shared: no bot's flood refuses or delays another bot's signs of life."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.chats.waiting_lives import WaitingLives
from storage.postgres.chats import Life

FLOODED, QUIET = 1, 2


def flood(lives: WaitingLives, bot: int, most: int = 1_000) -> int:
    """A bot names new chats until it is refused; returns how many were taken."""
    for chat in range(most):
        if not lives.has_room(bot, chat):
            return chat
        lives.put(Life(bot, chat, 1))
    return most


def test_a_flood_is_refused_and_another_bot_is_not() -> None:
    lives = WaitingLives(100)
    assert flood(lives, FLOODED) == 50
    assert flood(lives, QUIET) == 25
    assert lives.has_room(FLOODED, 3), "a chat that waits already takes no more room"
    assert not lives.has_room(FLOODED, 999)


def test_what_was_written_makes_room() -> None:
    lives = WaitingLives(100)
    flood(lives, FLOODED)
    lives.take(10)
    assert lives.has_room(FLOODED, 999)


def test_a_quiet_bots_sign_is_on_the_first_page_behind_any_flood() -> None:
    lives = WaitingLives(10_000)
    flood(lives, FLOODED)
    lives.put(Life(QUIET, 5, 1))
    page = lives.take(10)
    assert Life(QUIET, 5, 1) in page
    assert len(page) == 10, "what the quiet bot leaves free is the flooded bot's"


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 50)), max_size=200), st.integers(1, 20))
def test_pages_are_full_and_fair_and_hold_every_life_once(named: list[tuple[int, int]], most: int) -> None:
    lives = WaitingLives()
    for bot, chat in named:
        lives.put(Life(bot, chat, 1))
    left = Counter(bot for bot, _ in set(named))
    found: list[Life] = []
    while page := lives.take(most):
        assert len(page) == min(most, left.total())
        taken = Counter(life.bot_id for life in page)
        left -= taken
        assert all(max(taken.values()) <= taken[bot] + 1 for bot in left), "a bot that still waits had its part"
        assert len(lives) == left.total()
        found += page
    assert Counter((life.bot_id, life.chat_id) for life in found) == Counter(set(named))
    assert len(lives) == 0

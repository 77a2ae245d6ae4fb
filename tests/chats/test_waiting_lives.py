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


@given(
    st.integers(0, 12),
    st.lists(st.tuples(st.sampled_from([FLOODED, QUIET]), st.integers(1, 9)), max_size=20),
    st.lists(st.integers(1, 15), max_size=20),
)
def test_several_that_come_at_once_find_the_room_that_they_find_one_by_one(
    room: int, waiting: list[tuple[int, int]], chats: list[int]
) -> None:
    lives = WaitingLives(room)
    for bot, chat in waiting:
        lives.put(Life(bot, chat, 1))
    together, one_by_one = lives.have_room(FLOODED, chats), []
    for chat in chats:
        one_by_one.append(lives.has_room(FLOODED, chat))
        if one_by_one[-1]:
            lives.put(Life(FLOODED, chat, 1))
    assert together == one_by_one


LIVES = st.builds(
    Life,
    st.just(QUIET),
    st.integers(1, 3),
    st.integers(1, 5),
    *(st.sampled_from([None, "", "ana", "bia"]) for _ in range(3)),
    st.sampled_from([None, 1, 2]),
)


@given(st.lists(LIVES, max_size=12))
def test_of_each_chat_the_latest_sign_waits_with_the_last_names_that_came(came: list[Life]) -> None:
    lives = WaitingLives()
    came.sort(key=lambda life: life.last_active_ms)
    lives.put_all(QUIET, came)
    for chat in {life.chat_id for life in came}:
        of_chat = [life for life in came if life.chat_id == chat]
        kept = lives.get(QUIET, chat)
        assert kept
        assert kept.last_active_ms == of_chat[-1].last_active_ms
        for place in range(3, len(kept)):
            told = [life[place] for life in of_chat if life[place]]
            assert (kept[place] or None) == (told[-1] if told else None)

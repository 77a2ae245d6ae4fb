"""Who rests, who writes, and who is due while Redis is emptied."""

from hypothesis import given
from hypothesis import strategies as st

from bench.questions.flush.plan import BOTS, REST_MS, WRITING_BEFORE_S, WRITING_S, Plan, in_lists, of_bot, seen_ms

CHATS = st.integers(10_000, 10_000_000)


@given(chats=CHATS)
def test_every_chat_is_of_one_kind_and_one_in_ten_writes(chats: int) -> None:
    plan = Plan(chats)
    assert plan.writers + plan.due + plan.resting == chats
    assert plan.writers == chats // 10
    assert plan.resting > plan.writers


@given(chats=CHATS, share=st.floats(0, 1, exclude_max=True))
def test_a_writer_would_be_nudged_soon_after_redis_is_emptied_and_after_they_write(chats: int, share: float) -> None:
    plan = Plan(chats)
    writer = plan.writer(int(share * plan.writers))
    assert -1000 * WRITING_BEFORE_S <= writer.writes_ms < 1000 * (WRITING_S - WRITING_BEFORE_S)
    assert max(writer.writes_ms, 0) + 10_000 <= writer.due_ms <= 60_000


@given(chats=CHATS)
def test_silences_end_before_redis_is_emptied_and_for_a_minute_after_it(chats: int) -> None:
    plan = Plan(chats)
    dues = [plan.due_ms(number) for number in (0, plan.due // 4, plan.due - 1)]
    assert dues == sorted(dues)
    assert (dues[0], dues[1]) == (-20_000, 0) or dues[1] < 0
    assert 50_000 < dues[-1] < 60_000


@given(number=st.integers(0, 10_000_000))
def test_whoever_rests_was_seen_within_the_last_minutes(number: int) -> None:
    assert 5 * REST_MS - REST_MS < seen_ms(number, 5 * REST_MS) <= 5 * REST_MS


@given(count=st.integers(0, 5_000))
def test_every_number_belongs_to_one_bot(count: int) -> None:
    assert sorted(number for place in range(BOTS) for number in of_bot(place, count)) == list(range(count))


@given(count=st.integers(0, 2_000), most=st.integers(1, 600))
def test_lists_have_everything_once_and_are_no_longer_than_allowed(count: int, most: int) -> None:
    lists = list(in_lists(range(count), most))
    assert [number for some in lists for number in some] == list(range(count))
    assert all(0 < len(some) <= most for some in lists)

"""Bots share room: none takes another's, and all together take little more than there is."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.shared_room import OWN_PART, is_over_share

BOTS = st.integers(1, 60)
ROOMS = st.integers(1, 2_000)


def fill(takers: list[int], room: int) -> Counter[int]:
    """Each taker in turn takes one place, unless it is over its share."""
    taken: Counter[int] = Counter()
    for bot in takers:
        if not is_over_share(taken[bot], taken.total(), room):
            taken[bot] += 1
    return taken


@given(ROOMS, st.integers(2, 10))
def test_bots_that_take_all_they_can_get_equal_shares_and_leave_one(room: int, bots: int) -> None:
    taken = fill([*range(bots)] * room, room)
    assert max(taken.values()) - min(taken.values()) <= 1
    assert taken.total() <= room - room // (bots + 1) + bots


@given(ROOMS)
def test_one_bot_alone_takes_half_of_the_room(room: int) -> None:
    assert fill([1] * room, room).total() == max(1, (room + 1) // 2)


@given(st.lists(BOTS, max_size=300), ROOMS, BOTS)
def test_whatever_others_have_taken_a_newcomer_finds_its_own_part(takers: list[int], room: int, bot: int) -> None:
    taken = fill([taker for taker in takers if taker != bot] * 20, room)
    part = max(1, room // OWN_PART)
    assert not is_over_share(part - 1, taken.total() + part - 1, room)


@given(st.lists(BOTS, max_size=300), ROOMS)
def test_all_bots_together_take_no_more_than_the_room_and_their_own_parts(takers: list[int], room: int) -> None:
    taken = fill(takers * 20, room)
    assert taken.total() <= room + len(taken) * max(1, room // OWN_PART)

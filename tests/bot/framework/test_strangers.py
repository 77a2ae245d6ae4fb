"""What is remembered of strangers is bounded, whoever comes, however often, and whenever."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.framework import strangers
from bot.framework.strangers import HOUR_S, MOST_TRIES, MOST_TRIES_A_MINUTE, Signed, Strangers

FEW = 3


class Clock:
    def __init__(self) -> None:
        self.now_s = 1e6

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


STEPS = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["enter", "answer", *Signed]), st.sampled_from([0, 1, 61, 1801]))
)


@given(STEPS)
def test_nobody_gets_more_than_their_share_of_an_hour(steps: Sequence[tuple[int, str, int]]) -> None:
    """In each hour of a person's own; and no more people are remembered than there is room for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strangers, "MOST_REMEMBERED", FEW)
        clock = Clock()
        known, given_at = Strangers(clock), dict[tuple[int, str], list[float]]()
        for person, act, pause_s in steps:
            clock.now_s += pause_s
            if act == "enter":
                granted = known.may_enter(person)
            elif act == "answer":
                granted = known.may_be_answered(person)
            else:
                granted = known.may_try(person, Signed(act)) and person in known._known
            assert len(known) <= FEW
            if granted:
                given_at.setdefault((person, act), []).append(clock.now_s)
        for (_, act), times in given_at.items():
            most = 1 if act in {"enter", "answer"} else MOST_TRIES
            assert all(later - earlier >= HOUR_S for earlier, later in zip(times, times[most:], strict=False))


def test_a_hundred_thousand_strangers_fill_a_bounded_memory_and_then_get_silence(clock: Clock) -> None:
    known = Strangers(clock)
    entered = sum(known.may_enter(person) for person in range(100_000))
    assert entered == len(known) == strangers.MOST_REMEMBERED
    assert known.may_try(-1, Signed.INVITATION), "what we have signed counts even then"
    clock.now_s += HOUR_S
    assert known.may_enter(100_001)
    assert len(known) == 1


def test_old_buttons_of_all_strangers_together_are_bounded_and_take_no_turn_of_invitations(clock: Clock) -> None:
    known = Strangers(clock)
    tries = Counter(known.may_try(person, Signed.BUTTON) for person in range(1_000))
    assert tries[True] == MOST_TRIES_A_MINUTE
    assert known.may_try(5_000, Signed.INVITATION)
    clock.now_s += 60
    assert known.may_try(2_000, Signed.BUTTON)


def test_a_stranger_who_was_answered_may_still_use_an_invitation(clock: Clock) -> None:
    known = Strangers(clock)
    assert known.may_enter(1)
    assert known.may_be_answered(1)
    assert not known.may_enter(1)
    tries = [known.may_try(1, Signed.INVITATION) for _ in range(MOST_TRIES + 1)]
    assert tries == [True] * MOST_TRIES + [False]
    known.return_try(1, Signed.INVITATION)
    assert [known.may_try(1, Signed.INVITATION) for _ in range(2)] == [True, False]


def test_no_try_is_returned_that_was_not_taken(clock: Clock) -> None:
    known = Strangers(clock)
    known.return_try(1, Signed.INVITATION)
    assert known.may_enter(1)
    known.return_try(1, Signed.INVITATION)
    assert sum(known.may_try(1, Signed.INVITATION) for _ in range(2 * MOST_TRIES)) == MOST_TRIES

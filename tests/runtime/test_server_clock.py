"""The server's clock between two answers: never behind the last answer, and not ahead of it for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.watermark import CLOCKS_APART_MS
from engine.runtime.server_clock import LONGEST_S, SETTLED_AFTER_S, WINDOW_S, ServerClock

DELAYS_S = st.floats(0, 40)
MINUTES = (30_000, 60_000, 660_000, 3_000_000)


class Hand:
    def __init__(self) -> None:
        self.elapsed_s = 1_000.0
        self.clock = ServerClock(5_000, lambda: self.elapsed_s)


def test_the_clock_runs_between_two_answers() -> None:
    hand = Hand()
    hand.elapsed_s += 1.5
    assert hand.clock.now_ms() == 6_500


def test_an_answer_that_is_handled_late_does_not_set_it_back() -> None:
    hand = Hand()
    hand.elapsed_s += 2
    hand.clock.hear(6_200)
    assert hand.clock.now_ms() == 7_000


def test_an_answer_from_later_than_it_thought_sets_it_forward() -> None:
    hand = Hand()
    hand.elapsed_s += 1
    hand.clock.hear(9_000)
    assert hand.clock.now_ms() == 9_000


def test_a_server_whose_clock_went_back_is_followed_after_two_windows() -> None:
    hand, back_ms = Hand(), 2_000
    for window in (1, 2):
        hand.elapsed_s += WINDOW_S
        server_ms = 5_000 + int(window * WINDOW_S * 1000) - back_ms
        hand.clock.hear(server_ms)
        assert hand.clock.now_ms() == server_ms + (back_ms if window == 1 else 0)


class Server:
    """A server with a clock of its own, which a test may set, and answers that take their time."""

    def __init__(self) -> None:
        self.elapsed_s, self.ahead_ms = 1_000.0, 1_800_000_000_000
        self.clock = ServerClock(self.now_ms(), lambda: self.elapsed_s)

    def now_ms(self) -> int:
        return self.ahead_ms + int(self.elapsed_s * 1000)

    def ask(self, there_s: float = 0.0, back_s: float = 0.0) -> None:
        asked_s = self.elapsed_s
        self.elapsed_s += there_s
        now_ms = self.now_ms()
        self.elapsed_s += back_s
        self.clock.hear(now_ms, asked_s)

    def tell(self, late_s: float = 0.0) -> None:
        """An answer of which nobody noted when it was asked."""
        now_ms = self.now_ms()
        self.elapsed_s += late_s
        self.clock.hear(now_ms)


@given(st.lists(st.tuples(DELAYS_S, DELAYS_S, DELAYS_S, st.integers(-2, 2)), max_size=30))
def test_no_delay_of_answers_and_no_drift_looks_like_a_jump(turns: list[tuple[float, float, float, int]]) -> None:
    server = Server()
    for there_s, back_s, rest_s, drift_ms in turns:
        server.ask(there_s, back_s)
        server.tell(rest_s)
        server.ahead_ms += drift_ms
        assert server.clock.is_settled
        assert server.clock.jumped_ms == 0


@pytest.mark.parametrize("heard", ["asked", "told"])
@pytest.mark.parametrize("jump_ms", MINUTES)
def test_nothing_may_be_sent_for_as_long_as_the_clock_has_jumped_ahead(jump_ms: int, heard: str) -> None:
    server = Server()
    server.ask(0.01, 0.01)
    server.ahead_ms += jump_ms
    server.ask(0.01, 0.01) if heard == "asked" else server.tell(0.01)
    assert server.clock.jumped_ms == pytest.approx(jump_ms, abs=100)
    assert server.clock.now_ms() == pytest.approx(server.now_ms(), abs=100)
    server.elapsed_s += jump_ms / 1000 - 1
    server.ask()
    assert not server.clock.is_settled
    server.elapsed_s += 2
    assert server.clock.is_settled


@pytest.mark.parametrize("jump_ms", MINUTES)
def test_a_clock_that_is_put_back_is_followed_at_once_and_believed_soon(jump_ms: int) -> None:
    server = Server()
    server.ask(0.01, 0.01)
    server.ahead_ms -= jump_ms
    server.ask(0.01, 0.01)
    assert server.clock.now_ms() == pytest.approx(server.now_ms(), abs=100)
    assert not server.clock.is_settled
    server.elapsed_s += SETTLED_AFTER_S
    assert server.clock.is_settled


@pytest.mark.parametrize("jump_ms", MINUTES)
def test_a_jump_that_is_taken_back_is_over(jump_ms: int) -> None:
    server = Server()
    for step_ms in (0, jump_ms, -jump_ms):
        server.ahead_ms += step_ms
        server.ask()
    server.elapsed_s += SETTLED_AFTER_S
    assert server.clock.is_settled


def test_jumps_ahead_add_up_and_the_longest_is_not_waited_for() -> None:
    server = Server()
    server.ask()
    for _ in range(3):
        server.ahead_ms += 60_000
        server.ask()
    assert server.clock.settles_in_s == pytest.approx(180, abs=1)
    server.ahead_ms += 10**12
    server.ask()
    assert server.clock.settles_in_s == LONGEST_S


@given(st.integers(-CLOCKS_APART_MS, CLOCKS_APART_MS))
def test_what_clocks_may_differ_by_is_no_jump(step_ms: int) -> None:
    server = Server()
    server.ask()
    server.ahead_ms += step_ms
    server.ask()
    assert server.clock.is_settled

"""The server's clock between two answers: never behind the last answer, and not ahead of it for ever."""

from engine.runtime.server_clock import WINDOW_S, ServerClock


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

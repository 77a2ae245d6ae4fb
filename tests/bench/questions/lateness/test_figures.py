"""Only what falls due within the window is measured; but nothing may be early, whenever it was due."""

from bench.harness.observations import Observed
from bench.harness.touch_load import Touched
from bench.questions.lateness.figures import Window, figures

_WINDOW = Window(10, 1_000, 2_000, ({"pollers": 1.0}, {"pollers": 1.5}))


def test_what_falls_due_outside_the_window_does_not_count() -> None:
    observed = [
        Observed(1, n, due, 1000 * (due + 5), 1000 * (due + 8)) for n, due in enumerate((999, 1_000, 1_999, 2_000))
    ]
    found = figures(_WINDOW, observed)
    assert (found.messages, found.due_per_s, found.unanswered, found.early) == (2, 2.0, 0, 0)
    assert found.claim_ms == {"p50": 5.0, "p99": 5.0, "p999": 5.0}
    assert found.answered_ms["p50"] == 8.0
    assert found.cpu_ms_per_message == {"pollers": 250.0, "total": 250.0}


def test_a_claim_before_its_due_is_early_by_a_microsecond_and_outside_the_window_as_well() -> None:
    found = figures(_WINDOW, [Observed(1, 1, 5_000, 4_999_999, 6_000_000), Observed(1, 2, 5_000, 5_000_000, 6_000_000)])
    assert found.early == 1


def test_what_was_never_answered_is_told_and_counts_as_claimed() -> None:
    found = figures(_WINDOW, [Observed(1, 1, 1_500, 1_501_000)])
    assert (found.messages, found.unanswered, found.answered_ms["p99"]) == (1, 1, 0)


def test_touches_beside_it_count_within_the_window_alone() -> None:
    touched = [Touched(at_ms, 200) for at_ms in (999, 1_000, 1_500, 1_999, 2_000)]
    found = figures(_WINDOW, [], 20_000, touched)
    assert (found.touches, found.touches_per_s) == (20_000, 600)

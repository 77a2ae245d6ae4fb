"""How much a run measures."""

from bench.questions.peers.comparison import GENTLE_RATE, RATE
from bench.questions.peers.question import QUESTION
from storage.redis.timers import BATCH


def test_a_full_run_gives_medians_of_three_rounds_at_the_rate_that_is_compared() -> None:
    given = QUESTION.read([])
    assert (given.rounds, given.rounds_at) == (3, {RATE: 3, GENTLE_RATE: 1})
    assert "medians of 3 rounds, one round for peers with a single row" in given.load


def test_a_quick_run_has_one_round_at_one_rate() -> None:
    given = QUESTION.read(["--quick"])
    assert (given.rounds, given.rounds_at) == (1, {RATE: 1})
    assert given.load.endswith("; one round")


def test_lists_of_ours_are_always_full() -> None:
    for words in ([], ["--quick"]):
        scale = QUESTION.read(words).scale
        assert scale.touched % BATCH == scale.remembered % BATCH == 0

"""The verdict on the lateness beside a backup."""

import pytest

from bench.questions.backup.judge import MOST_LATE_MS, Seen, judge

ONE, TWO = (1, 41), (1, 42)
GOOD = Seen({ONE: 1_000, TWO: 5_000}, [(ONE, 1_100), (TWO, 5_300)], 7, 2, [])


def test_messages_in_time_keep_the_promise() -> None:
    outcome = judge(GOOD)
    assert outcome.holds
    assert outcome.as_json() == {
        "messages": 2,
        "p50_ms": 100,
        "p99_ms": 300,
        "max_ms": 300,
        "late": 0,
        "lost": 0,
        "repeated": 0,
        "stall_ms": 4_200,
        "backups": 7,
        "in_default": 2,
        "missing": 0,
        "holds": True,
    }


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (GOOD._replace(arrived=[(ONE, 1_000), (TWO, 5_001 + MOST_LATE_MS)]), "late"),
        (GOOD._replace(arrived=[(ONE, 1_000)]), "lost"),
        (GOOD._replace(arrived=[(ONE, 1_000), (TWO, 5_000), (TWO, 5_001)]), "repeated"),
        (GOOD._replace(missing=["recovery_deliveries_2027_01"]), "missing"),
    ],
)
def test_each_fault_breaks_it(seen: Seen, name: str) -> None:
    outcome = judge(seen)
    assert outcome.figures[name] == 1
    assert not outcome.holds
    assert "BROKEN" in outcome.as_table()


def test_exactly_as_late_as_allowed_is_in_time_and_nothing_at_all_is_no_fault() -> None:
    assert judge(GOOD._replace(arrived=[(ONE, 1_000), (TWO, 5_000 + MOST_LATE_MS)])).holds
    assert judge(Seen({}, [], 0, 0, [])).holds

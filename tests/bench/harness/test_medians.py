"""Several runs are shown as one, number by number."""

from bench.harness.medians import medians, spreads

_RUNS = [
    {"rate": 300, "claim_ms": {"p99": 20.0}, "holds": True, "name": "a"},
    {"rate": 300, "claim_ms": {"p99": 90.0}, "holds": False, "name": "a"},
    {"rate": 300, "claim_ms": {"p99": 30.0}, "holds": True, "name": "a"},
]


def test_each_number_is_the_median_of_the_runs_and_all_of_them_must_hold() -> None:
    assert medians(_RUNS) == {"rate": 300, "claim_ms": {"p99": 30.0}, "holds": False, "name": "a"}


def test_the_spread_has_the_least_and_the_most_of_each_number() -> None:
    assert spreads(_RUNS)["claim_ms"]["p99"] == (30.0, 20.0, 90.0)
    assert "holds" not in spreads(_RUNS)

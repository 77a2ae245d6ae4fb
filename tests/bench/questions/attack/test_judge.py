"""When an attack has reached the genuine users, and how that is shown. From figures made by hand."""

import pytest

from bench.questions.attack.attacks import ATTACKS
from bench.questions.attack.bounds import FIGURES
from bench.questions.attack.judge import Answered, Seen, Verdict, judge
from bench.questions.attack.report import Conditions, Outcome

GOOD = Seen(
    updates=Answered([*range(100, 0, -1)], 0),
    refused=0,
    health=Answered([3, 9, 2], 0),
    reports=Answered([4, 8], 0),
    screens=Answered([60, 20, 40], 0),
    growth_mib={"receiver": 5, "manager": 6, "poller": 7},
    peak_mib={"receiver": 105, "manager": 206, "poller": 107},
    log_bytes=1_025,
    invented_timers=0,
    leaks=0,
)
CONDITIONS = Conditions(30, 3, 20, 2)


def test_every_figure_has_its_bound_or_tells_how_it_was() -> None:
    assert judge(GOOD, {}).figures == {
        "updates": 100,
        "taken_p50_ms": 50,
        "taken_p99_ms": 99,
        "taken_max_ms": 100,
        "refused": 0,
        "untaken": 0,
        "health_max_ms": 9,
        "health_failed": 0,
        "report_max_ms": 8,
        "report_failed": 0,
        "screens": 3,
        "screen_p50_ms": 40,
        "screen_max_ms": 60,
        "screen_failed": 0,
        "receiver_peak_mib": 105,
        "receiver_growth_mib": 5,
        "manager_peak_mib": 206,
        "manager_growth_mib": 6,
        "log_kib": 2,
        "invented_timers": 0,
        "leaks": 0,
    }
    assert judge(GOOD, {}).figures.keys() == FIGURES.keys()


@pytest.mark.parametrize(
    ("seen", "broken"),
    [
        (GOOD, []),
        (GOOD._replace(updates=Answered([1_000], 0), refused=1), []),
        (GOOD._replace(updates=Answered([5, 1_001], 0)), ["taken_max_ms"]),
        (GOOD._replace(updates=Answered([5], 1)), ["untaken"]),
        (GOOD._replace(updates=Answered([], 0)), ["updates"]),
        (GOOD._replace(health=Answered([2_001], 2)), ["health_max_ms", "health_failed"]),
        (GOOD._replace(reports=Answered([1_001], 2)), ["report_max_ms", "report_failed"]),
        (GOOD._replace(screens=Answered([501], 0)), ["screen_p50_ms"]),
        (GOOD._replace(screens=Answered([5, 5, 2_001], 1)), ["screen_max_ms", "screen_failed"]),
        (GOOD._replace(screens=Answered([], 0)), ["screens"]),
        (GOOD._replace(growth_mib={"receiver": 129, "manager": 33}), ["receiver_growth_mib", "manager_growth_mib"]),
        (GOOD._replace(log_bytes=16 * 1024 + 1), ["log_kib"]),
        (GOOD._replace(invented_timers=1), ["invented_timers"]),
        (GOOD._replace(leaks=1), ["leaks"]),
    ],
)
def test_what_is_beyond_a_bound_breaks_the_promise_and_so_does_a_load_that_stood_still(
    seen: Seen, broken: list[str]
) -> None:
    assert judge(seen, {}).broken == broken


def outcome(**seen: Seen) -> Outcome:
    return Outcome(CONDITIONS, {name: judge(one, {"415": 7}) for name, one in seen.items()})


def test_it_holds_if_no_attack_broke_anything() -> None:
    assert outcome(nobody=GOOD, gzip=GOOD).holds
    assert not outcome(nobody=GOOD, gzip=GOOD._replace(leaks=1)).holds
    assert not Outcome(CONDITIONS, {}).holds


def test_the_json_has_bounds_figures_and_attempts() -> None:
    shown = outcome(nobody=GOOD, gzip=GOOD._replace(leaks=1)).as_json()
    assert shown["attacks"]["gzip"]["broken"] == ["leaks"]
    assert shown["attacks"]["gzip"]["attempts"] == {"415": 7}
    assert (shown["bounds"]["taken_max_ms"], shown["seconds"], shown["holds"]) == (1_000, 30, False)


def test_the_table_has_a_column_for_each_attack_and_marks_what_is_broken() -> None:
    table = outcome(nobody=GOOD, gzip=GOOD._replace(leaks=1)).as_table().splitlines()
    assert table[1].split() == ["nobody", "gzip"]
    rows = {line.split()[0]: line.split()[1:3] for line in table[2 : 2 + len(FIGURES)]}
    assert (rows["leaks"], rows["taken_p99_ms"]) == (["0", "1!"], ["99", "99"])
    assert "gzip: 7 × 415" in table
    assert "REACHED" in table[-1]
    assert "REACHED" not in outcome(nobody=GOOD).as_table()


def test_what_the_attackers_did_changes_no_verdict() -> None:
    assert judge(GOOD, {"500": 9}) == Verdict(judge(GOOD, {}).figures, {"500": 9})


def test_each_attack_can_be_asked_for_by_its_name() -> None:
    assert [*ATTACKS] == ["gzip", "half-open", "malformed", "strangers", "invented"]

"""How the verdict on a storm is shown, and what breaks it."""

from typing import Any

import msgspec
import pytest

from bench.questions.chaos.ground import Blow, Struck
from bench.questions.chaos.plan import Kind, Strike
from bench.questions.chaos.recovery import MOST_MS
from bench.questions.chaos.report import Case, Outcome
from bench.questions.exactly_once.judge import WRONG
from tests.bench.questions.exactly_once.test_report import CLEAN

KILLED = Struck(Strike(5.5, Kind.KILL_POLLER, 0, 0.2), Blow("poller-0-0", killed_pollers=1), 1_005_500, 1_005_600)
FLUSHED = Struck(Strike(14.0, Kind.FLUSH_VALKEY, 0, 0.2), Blow("valkey"), 1_014_000, 1_014_050)
GOOD = Outcome(
    seed=7,
    seconds=120,
    verdict=CLEAN._replace(broken_off=3, unknown=4),
    struck=[KILLED, FLUSHED],
    recoveries={Kind.KILL_POLLER: [1_000, 3_000], Kind.FLUSH_VALKEY: [MOST_MS]},
    cases=[],
    left="",
    died=[],
    restarted=1,
    violations=2,
    manager_answers=True,
)


def test_a_storm_in_which_nothing_went_wrong_holds() -> None:
    assert GOOD.holds
    assert GOOD.as_table().endswith("All promises were kept.")


@pytest.mark.parametrize("name", WRONG)
def test_each_thing_that_must_not_happen_breaks_it(name: str) -> None:
    once: dict[str, Any] = {name: 1}
    broken = GOOD._replace(verdict=GOOD.verdict._replace(**once))
    assert not broken.holds
    assert "BROKEN" in broken.as_table()


@pytest.mark.parametrize(
    "what",
    [
        {"verdict": GOOD.verdict._replace(unknown=5)},
        {"recoveries": {Kind.DEPLOY: [MOST_MS + 1]}},
        {"left": "1 timers are armed"},
        {"died": ["poller-0-1: killed"]},
        {"manager_answers": False},
    ],
)
def test_so_does_everything_else_that_it_asks_for(what: dict[str, Any]) -> None:
    assert not GOOD._replace(**what).holds


def test_the_json_has_the_figures_by_their_names() -> None:
    figures = msgspec.json.decode(msgspec.json.encode(GOOD.as_json()))
    assert {name: figures[name] for name in ("lost", "duplicates", "stale", "early", "sent_to_paid", "crossed")} == {
        **dict.fromkeys(("lost", "duplicates", "stale", "early", "sent_to_paid"), 0),
        "crossed": 2,
    }
    assert (figures["unknown"], figures["unknown_at_most"], figures["broken_off"]) == (4, 4, 3)
    assert figures["recovery_s"] == {"p50": 3.0, "p99": 5.0, "max": 5.0}
    assert figures["recovered"]["kill_poller"] == {"messages": 2, "p50": 1.0, "p99": 3.0, "max": 3.0}
    assert figures["holds"] is True


def test_the_strikes_are_listed_with_planned_and_real_times() -> None:
    assert GOOD.as_json()["strikes"] == [
        {"planned_s": 5.5, "kind": "kill_poller", "began_s": 5.5, "ended_s": 5.6, "whom": "poller-0-0"},
        {"planned_s": 14.0, "kind": "flush_valkey", "began_s": 14.0, "ended_s": 14.05, "whom": "valkey"},
    ]


def test_a_broken_promise_is_shown_with_the_history_of_its_chat() -> None:
    case = Case((7, 5_000_000_001), {"lost": 1}, ["+0.000 s  person  start", "episode  …"])
    told = GOOD._replace(cases=[case])
    assert "bot 7, chat 5000000001: lost 1\n  +0.000 s  person  start\n  episode  …" in told.as_table()
    assert told.as_json()["cases"] == [
        {"bot": 7, "chat": 5_000_000_001, "what": {"lost": 1}, "history": list(case.history)}
    ]

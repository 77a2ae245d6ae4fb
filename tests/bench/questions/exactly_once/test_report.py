"""How a verdict is shown, and what a disturbance excuses."""

import pytest

from bench.harness.pace import Pace
from bench.questions.exactly_once.deafen import LAST_MS, Deafened, Send
from bench.questions.exactly_once.doubt import Doubt
from bench.questions.exactly_once.evidence import Owner, owner
from bench.questions.exactly_once.finding import Finding
from bench.questions.exactly_once.freeze import Frozen
from bench.questions.exactly_once.judge import Spread, Verdict
from bench.questions.exactly_once.kill import Killed
from bench.questions.exactly_once.report import Outcome
from bench.questions.exactly_once.reshard import Resharded
from bench.questions.exactly_once.restart import Restarted
from bench.questions.exactly_once.second_reader import Stolen, Theft

CLEAN = Verdict(
    chats=10,
    episodes=13,
    sent=31,
    expected=30,
    optional=1,
    duplicates=0,
    lost=0,
    crossed=2,
    sent_after_reply=0,
    sent_to_paid=0,
    sent_to_opted_out=0,
    early=0,
    unknown=0,
    broken_off=0,
    lateness_ms=Spread(10, 20, 30),
    pace=Pace({7: 0.5, 8: 1.25}, 0),
)


def outcome(*findings: Finding, broken_off: int = 0, unknown: int = 0, lost: int = 0) -> Outcome:
    return Outcome(CLEAN._replace(broken_off=broken_off, unknown=unknown, lost=lost), findings)


def test_the_json_has_every_figure_by_its_name() -> None:
    figures = outcome().as_json()
    assert (figures["chats"], figures["crossed"], figures["optional"], figures["over_pace"]) == (10, 2, 1, 0)
    assert figures["lateness_ms"] == {"p50": 10, "p99": 20, "max": 30}
    assert figures["pace"] == {"7": 0.5, "8": 1.25}
    assert figures["holds"] is True
    assert "recovery_s" not in figures


def test_a_violation_breaks_the_promise() -> None:
    broken = Outcome(CLEAN, violations=1)
    assert (broken.as_json()["violations"], broken.holds) == (1, False)
    assert "violations            1" in broken.as_table()


def test_each_disturbance_adds_its_figures_in_seconds() -> None:
    figures = outcome(
        Killed([1_000, 3_000]), Frozen(4, [2_500]), Resharded(5, [700]), Restarted([6_000], lambda: [20])
    ).as_json()
    assert (figures["recovered"], figures["recovery_s"]) == (2, {"p50": 1.0, "p99": 3.0, "max": 3.0})
    assert (figures["frozen_under_way"], figures["frozen_recovered"], figures["frozen_recovery_s"]["max"]) == (
        4,
        1,
        2.5,
    )
    assert (figures["moved_bots"], figures["reshard_s"]["max"]) == (1, 0.7)
    assert (figures["feed_dead_s"]["max"], figures["taken_in_s"]["max"]) == (6.0, 0.02)


def test_without_a_kill_or_freeze_no_send_may_be_in_doubt() -> None:
    assert not outcome(unknown=1).holds
    assert not outcome(Resharded(5, []), Restarted([], list), unknown=1).holds


def test_a_kill_may_leave_broken_sends_and_one_more_in_doubt() -> None:
    assert outcome(Killed([]), broken_off=3, unknown=4).holds
    assert not outcome(Killed([]), broken_off=3, unknown=5).holds


def test_a_freeze_may_leave_the_sends_under_way_and_one_more_in_doubt() -> None:
    assert outcome(Frozen(2, []), broken_off=3, unknown=3).holds
    assert not outcome(Frozen(2, []), broken_off=3, unknown=4).holds


def test_a_kill_and_a_freeze_add_up_what_may_be_in_doubt() -> None:
    assert outcome(Killed([]), Frozen(2, []), broken_off=3, unknown=7).holds
    assert not outcome(Killed([]), Frozen(2, []), broken_off=3, unknown=8).holds


@pytest.mark.parametrize(("slowest_ms", "holds"), [(5_000, True), (5_001, False)])
def test_the_chats_of_a_killed_poller_must_go_on_within_five_seconds(slowest_ms: int, *, holds: bool) -> None:
    assert outcome(Killed([1_000, slowest_ms])).holds is holds


@pytest.mark.parametrize(("doubted_ms", "holds"), [(8_999, False), (9_000, True)])
def test_the_doubt_must_reach_to_the_end_of_a_theft(doubted_ms: int, *, holds: bool) -> None:
    stolen = Stolen({7: Theft(3, 2_000, 9_000), 8: Theft(0, 9_000, 9_000)}, {7: doubted_ms, 8: 9_500})
    assert outcome(stolen).holds is holds
    assert stolen.doubts[7] == Doubt(2_000, doubted_ms)
    assert outcome(stolen).as_json()["stolen"] == 3


def test_a_bot_that_sends_too_fast_breaks_the_promise() -> None:
    assert not Outcome(CLEAN._replace(pace=Pace({7: 19.0}, 1))).holds


def test_the_table_says_whether_the_promises_were_kept() -> None:
    assert outcome().as_table().endswith("All promises were kept.")
    assert "BROKEN" in outcome(lost=1).as_table()


def test_the_table_has_every_figure() -> None:
    table = outcome(Killed([1_000]), Frozen(4, []), Resharded(5, []), Restarted([], list), Stolen({}, {})).as_table()
    names = [name for name in CLEAN._asdict() if name != "lateness_ms"]
    for name in (*names, "over_pace", "lateness", "recovery", "frozen", "reshard", "restart", "doubt"):
        assert f"\n{name} " in f"\n{table}", name


def test_the_table_shows_how_many_may_be_in_doubt() -> None:
    assert "must be 0" in next(line for line in outcome().as_table().splitlines() if line.startswith("unknown"))
    assert "must not exceed 5" in outcome(Frozen(4, [])).as_table()


def test_an_owner_is_parsed_from_the_right() -> None:
    assert owner("host.example:123:ab12 1700") == Owner(123, 1700)
    assert owner("fe80::1:123:ab12 1700") == Owner(123, 1700)


def test_a_shard_that_was_given_back_has_no_owner() -> None:
    assert owner("- 1700") is None


@pytest.mark.parametrize(("last_ms", "holds"), [(LAST_MS, True), (LAST_MS + 1, False)])
def test_nothing_leaves_for_long_while_nobody_listens(last_ms: int, *, holds: bool) -> None:
    deafened = Deafened([20_000, 21_000], [Send(100, wrote=True), Send(last_ms, wrote=False)])
    assert outcome(deafened).holds is holds
    figures = outcome(deafened).as_json()
    assert (figures["deaf_sent"], figures["deaf_nudged"], figures["deaf_last_s"]) == (2, 1, last_ms / 1000)
    assert "2 messages left meanwhile, 1 of them to people who had written" in outcome(deafened).as_table()

"""Who is ahead of whom, and how that is shown."""

from typing import Any

import msgspec
import pytest

from bench.document.page import table
from bench.harness.chapter import judge
from bench.questions.peers import catalogue
from bench.questions.peers.chapter import CHAPTER
from bench.questions.peers.comparison import RATE, Row, lists_to, rivals
from bench.questions.peers.figures import Lateness, Memory, Touches
from bench.questions.peers.report import Outcome

OURS = Row(
    catalogue.LISTS.name,
    [Touches(300_000, 1.3, 2.5)],
    Memory(169, 169, None),
    {RATE: [Lateness(1, 3, 9, 0, 5_000, 5_000)]},
)
CELERY = Row(
    catalogue.CELERY.name,
    [Touches(1_400, 391, 71)],
    Memory(1_030, 5_151, 43_000),
    {RATE: [Lateness(2, 584, 691, 0, 5_000, 5_000)]},
)


def peer(**changed: Any) -> Row:
    return CELERY._replace(name="another", **changed)


def test_nobody_ties_with_who_is_ahead_in_every_column() -> None:
    assert rivals([OURS, CELERY]) == []


@pytest.mark.parametrize(
    ("changed", "column", "ahead"),
    [
        ({"touched": [Touches(600_000, 391, 71)]}, "touches/s", True),
        ({"touched": [Touches(290_000, 391, 71)]}, "touches/s", False),
        ({"touched": [Touches(1_400, 391, 1.0)]}, "Redis CPU a touch", True),
        ({"memory": Memory(100, 5_151, None)}, "Redis bytes a chat", True),
        ({"memory": Memory(169, 5_151, None)}, "Redis bytes a chat", False),
        ({"fired": {RATE: [Lateness(1, 584, 691, 0, 9, 9)]}}, "late p50", False),
        ({"fired": {RATE: [Lateness(2, 1, 691, 0, 9, 9)]}}, "late p99", True),
    ],
)
def test_a_peer_that_ties_or_is_ahead_is_named_with_the_column(
    changed: dict[str, Any], column: str, *, ahead: bool
) -> None:
    (rival,) = rivals([OURS, CELERY, peer(**changed)])
    assert (rival.peer, rival.column, rival.ahead) == ("another", column, ahead)
    assert ("is ahead of us" if ahead else "ties with us") in rival.sentence


def test_that_nothing_was_early_on_either_side_is_no_news() -> None:
    assert not [rival for rival in rivals([OURS, CELERY]) if rival.column == "early"]


def test_one_early_beginning_of_ours_puts_everybody_else_ahead() -> None:
    early = OURS._replace(fired={RATE: [Lateness(1, 3, 9, 1, 5_000, 5_000)]})
    assert [rival.column for rival in rivals([early, CELERY])] == ["early"]


def test_a_column_that_a_peer_has_not_is_not_compared() -> None:
    assert rivals([OURS, Row("another", refusal="node is not installed on this machine.")]) == []


def test_lists_are_compared_with_the_faster_way_of_each_peer() -> None:
    others = [
        Row(catalogue.ARQ_NEW_JOB.name, [Touches(10_000, 1, 1)]),
        Row(catalogue.ARQ_SAME_ID.name, [Touches(6_000, 1, 1)]),
        Row(catalogue.BULLMQ_CHANGE_DELAY.name, [Touches(150_000, 1, 1)]),
    ]
    assert lists_to([OURS, CELERY, *others]) == {"celery": 214.29, "arq": 30.0, "bullmq_change_delay": 2.0}


def test_a_peer_that_was_not_measured_is_not_compared() -> None:
    assert set(lists_to([OURS]).values()) == {None}


def outcome(*rows: Row) -> Outcome:
    return Outcome("celery 5.7.0", "10,240 armed chats", rows)


REFUSED = Row(catalogue.BULLMQ_ADD.name, refusal="node is not installed on this machine.")


def test_the_table_shows_refusals_ratios_and_rivals() -> None:
    shown = outcome(OURS, CELERY, REFUSED, peer(touched=[Touches(600_000, 391, 71)])).as_table()
    assert "node is not installed on this machine." in shown
    assert "Lists do 214 times as many touches as celery." in shown
    assert "another is ahead of us in touches/s: 6e+05 against 3e+05." in shown


def test_the_object_has_the_figures_of_each_row() -> None:
    found = outcome(OURS, CELERY).as_json()
    ours, celery = found["rows"]
    assert ours["touches"]["per_s"] == 300_000
    assert celery["late_ms"][str(RATE)]["p99"] == 584
    assert celery["bytes"] == {"redis": 1_030, "redis_after_five": 5_151, "workers": 43_000}


@pytest.mark.parametrize(
    ("ours", "holds"),
    [
        (OURS, True),
        (OURS._replace(refusal="It ended."), False),
        (OURS._replace(fired={}), False),
        (OURS._replace(fired={RATE: [Lateness(1, 3, 9, 1, 5_000, 5_000)]}), False),
        (OURS._replace(fired={RATE: [Lateness(1, 3, 9, 0, 4_999, 5_000)]}), False),
    ],
)
def test_it_holds_if_our_own_work_was_done_and_nothing_was_early(ours: Row, *, holds: bool) -> None:
    assert outcome(ours, CELERY, REFUSED).holds is holds


def test_the_chapter_has_a_row_for_everybody_and_says_why_one_is_missing() -> None:
    figures = msgspec.json.decode(msgspec.json.encode(outcome(OURS, CELERY, REFUSED, peer(memory=None)).as_json()))
    text = "\n".join(map(table, CHAPTER.tables(figures)))
    assert {OURS.name, CELERY.name, "another"} <= {
        line.split("|")[1].strip() for line in text.splitlines() if "|" in line
    }
    assert "node is not installed on this machine." in text
    assert [plot.name for plot in CHAPTER.plots(figures)] == ["touches", "late"]
    assert [one.met for one in judge(CHAPTER.goals, figures)] == [True, False, False, True]


def test_the_chapter_names_a_peer_that_is_ahead() -> None:
    figures = outcome(OURS, peer(touched=[Touches(600_000, 391, 71)])).as_json()
    assert "| another | touches/s | ahead of us | 600,000 | 300,000 |" in "\n".join(map(table, CHAPTER.tables(figures)))

"""Who is ahead of whom, and which goals are met."""

from typing import Any

import pytest

from bench.questions.peers import catalogue
from bench.questions.peers.comparison import RATE, Row, goals, rivals
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


def test_goals_are_ratios_to_the_faster_way_of_each_peer() -> None:
    others = [
        Row(catalogue.ARQ_NEW_JOB.name, [Touches(10_000, 1, 1)]),
        Row(catalogue.ARQ_SAME_ID.name, [Touches(6_000, 1, 1)]),
        Row(catalogue.BULLMQ_CHANGE_DELAY.name, [Touches(150_000, 1, 1)]),
    ]
    found = goals([OURS, CELERY, *others])
    assert [(goal.measured, goal.met) for goal in found] == [(214.29, True), (30.0, True), (2.0, False)]


def test_a_goal_without_its_peer_is_not_met() -> None:
    assert [(goal.measured, goal.met) for goal in goals([OURS])] == [(None, False)] * 3


def test_the_table_shows_refusals_goals_and_rivals() -> None:
    refused = Row(catalogue.BULLMQ_ADD.name, refusal="node is not installed on this machine.")
    table = Outcome(
        {"Machine": "2 cores"}, [OURS, CELERY, refused, peer(touched=[Touches(600_000, 391, 71)])]
    ).as_table()
    assert "node is not installed on this machine." in table
    assert "lists to the Celery design: 214.29, at least 200: met" in table
    assert "lists to BullMQ's changeDelay: not measured, at least 3: NOT met" in table
    assert "another is ahead of us in touches/s: 6e+05 against 3e+05." in table


def test_the_object_has_the_figures_of_each_row() -> None:
    found = Outcome({}, [OURS, CELERY]).as_json()
    ours, celery = found["rows"]
    assert ours["touches"]["per_s"] == 300_000
    assert celery["late_ms"][str(RATE)]["p99"] == 584
    assert celery["bytes"] == {"redis": 1_030, "redis_after_five": 5_151, "workers": 43_000}
    assert found["holds"] is False

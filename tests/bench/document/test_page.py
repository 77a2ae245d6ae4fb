"""The page is computed from the figures: goals, tables, prose and the change since before."""

import msgspec
import pytest

from bench.document.chapters import QUESTIONS, Source, find
from bench.document.page import page, part, table
from bench.document.run import Answer
from bench.harness.chapter import AT_MOST, Before, Chapter, Figures, Goal, Plot, Table, Tried

_CHAPTER = Chapter(
    (Goal("late", "late_ms", AT_MOST, 10, "ms"), Goal("CPU", "cpu_ms", AT_MOST, 1, "ms")),
    lambda figures: [Table(("late", "sent"), [(figures["late_ms"], figures["sent"])])],
    lambda _: [Plot("late", "How late", ["now"], {"late": [8.0]}, "ms")],
)
_SOURCE = Source(
    "lateness",
    "How late?",
    _CHAPTER,
    "It is {late_ms} ms late, with {nothing} beside it.",
    [Before("late", 16, "late_ms", "ms")],
    [Tried("a bigger pool", "no faster", kept=False)],
)
_FIGURES = {"late_ms": 8.0, "cpu_ms": 1.5, "sent": 12_000, "conditions": {"cores": "2"}}
_ANSWER = Answer("python -m bench lateness", 9, quick=False, figures=_FIGURES)


def test_everything_on_the_page_comes_from_the_figures_and_the_folder() -> None:
    text = page([part(_SOURCE, _ANSWER)])
    for words in (
        "1 of 2 are met.",
        "| lateness | late | at most 10 ms | 8 ms | met, by 20% |",
        "| lateness | CPU | at most 1 ms | 1.5 ms | **not met**, by 50% |",
        "| cores | 2 |",
        "`python -m bench lateness`",
        "| 8 | 12,000 |",
        "![How late](benchmarks/lateness-late.png)",
        "It is 8 ms late, with – beside it.",
        "| late, ms | 16 | 8 | -50% |",
        "| a bigger pool | no faster | no |",
    ):
        assert words in text


@pytest.mark.parametrize(
    "answer",
    [None, Answer("python -m bench lateness", 3, quick=True, failure="Valkey did not start.")],
)
def test_a_question_without_an_answer_is_named_and_its_goals_are_not_met(answer: Answer | None) -> None:
    text = page([part(_SOURCE, answer), part(_SOURCE._replace(name="send"), _ANSWER)])
    assert "## Questions without an answer\n\n- **lateness**: " in text
    assert text.count("**not measured**") == 2
    assert "1 of 4 are met." in text


def test_a_run_that_does_not_hold_says_so() -> None:
    answer = msgspec.structs.replace(_ANSWER, figures={**_FIGURES, "holds": False})
    assert "did not hold" in page([part(_SOURCE, answer)])


def test_figures_that_lack_what_a_chapter_shows_lose_that_chapter_alone() -> None:
    older = msgspec.structs.replace(_ANSWER, figures={"late_ms": 8.0})
    text = page([part(_SOURCE, older), part(_SOURCE._replace(name="send"), _ANSWER)])
    assert "- **lateness**: its figures are not what its chapter expects (KeyError('sent'))" in text
    assert "| 8 | 12,000 |" in text


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_folder_of_each_question_can_be_read_and_its_goals_name_figures_once(name: str) -> None:
    source = find(name)
    goals = source.chapter.goals
    assert len({goal.what for goal in goals}) == len(goals)
    assert "not asked" in page([part(source, None)])


def test_a_question_without_a_chapter_shows_the_figures_on_top() -> None:
    figures: Figures = {"per_s": 1_200, "spread": {"per_s": [1, 2, 3]}}
    tables = find("nothing").chapter.tables(figures)
    assert tables == [Table(("figure", "value"), [("per_s", "1,200")])]


def test_figures_stand_at_the_right_and_words_at_the_left() -> None:
    rows = [("first", 1_200, "**not met**, by 4%", "–"), ("second", "0.9–1.3", "met", "4 ms")]
    assert table(Table(("", "a", "b", "c"), rows)).splitlines()[1] == "| --- | ---: | --- | ---: |"
    assert table(Table(("a", "b"), ())).splitlines()[1] == "| ---: | ---: |"

"""The judge of a simulation: what counts as a disagreement, and how it is explained."""

from bench.questions.simulate.judge import judge
from bench.questions.simulate.oracle.life import Note, foretell
from bench.questions.simulate.report import Outcome
from bench.questions.simulate.story import Deed, Publish
from tests.bench.questions.simulate.stories import BASE, PERSON, at, story

STORY = story([(0, Deed.WRITE), (60, Deed.WRITE)], [(70, Publish(BASE._replace(skip_paid=False)))])
TRUTH = foretell(STORY, PERSON)


def outcome(record: list[Note]) -> Outcome:
    return Outcome(5, 7, 1, 2, 1, judge(STORY, {PERSON: record}))


def test_the_same_from_both_is_no_disagreement() -> None:
    found = outcome(TRUTH)
    assert found.holds
    assert found.as_json()["sends"] == 6
    assert found.verdict.outcomes == {"ended: completed": 1, "ended: returned": 1, "sent": 6}
    assert "Engine and oracle agree." in found.as_table()


def test_one_message_at_another_minute_counts_once() -> None:
    found = outcome([TRUTH[0]._replace(at_ms=at(11)), *TRUTH[1:]])
    (one,) = found.verdict.disagreements
    assert found.disagreements == 1
    assert not found.holds
    assert one.engine == ["sent 10-05 00:11:00 hello/one/1"]
    assert one.oracle == ["sent 10-05 00:10:00 hello/one/1"]


def test_a_message_too_many_or_too_few_and_another_end_are_disagreements() -> None:
    lost, doubled = outcome(TRUTH[1:]), outcome([TRUTH[0], *TRUTH])
    other_end = outcome([*TRUTH[:-1], TRUTH[-1]._replace(detail="expired")])
    assert [found.disagreements for found in (lost, doubled, other_end)] == [1, 1, 1]


def test_a_disagreement_is_explained_with_all_that_happened_in_the_order_of_time() -> None:
    (one,) = outcome(TRUTH[1:]).verdict.disagreements
    assert one.history[:2] == ["10-05 00:00:00  write", "10-05 00:10:00  oracle: sent hello/one/1"]
    assert "10-05 01:10:00  admin: publish: " in one.history
    assert "10-05 00:11:00  engine: sent hello/two/2" in one.history
    assert list(one.history) == sorted(one.history, key=lambda line: line[:14])
    assert "only the oracle: sent 10-05 00:10:00 hello/one/1" in outcome(TRUTH[1:]).as_table()


def test_a_run_in_which_nothing_was_sent_proves_nothing() -> None:
    silent = story([])
    assert not Outcome(5, 7, 1, 0, 0, judge(silent, {})).holds

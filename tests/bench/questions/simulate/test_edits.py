"""The oracle about what admins do while people wait: the tables of docs/manager.md, worked out by hand."""

from collections.abc import Sequence

import pytest

from bench.questions.simulate.campaign import HOUR_MS, MINUTE_MS, After, Block, Campaign, Hours, OnDay, Step
from bench.questions.simulate.story import (
    Activate,
    Change,
    Deed,
    Finish,
    Pause,
    Publish,
    Resume,
    Stop,
)
from tests.bench.questions.simulate.stories import (
    BASE,
    DAY,
    HELLO,
    HOUR,
    OFFER,
    WHOLE,
    step,
    story,
    told,
    with_step,
    without,
)

NEW = Step("new", After(HOUR_MS), (Block("one", 9),))


def timed(key: str, schedule: After | OnDay) -> Campaign:
    return with_step(BASE, step(BASE, key)._replace(schedule=schedule))


def reordered(*keys: str, others: Sequence[Step] = ()) -> Campaign:
    steps = {one.key: one for one in (*BASE.steps, *others)}
    return BASE._replace(steps=tuple(steps[key] for key in keys))


def words(key: str, *editions: int) -> Campaign:
    before = step(BASE, key)
    blocks = [block._replace(edition=edition) for block, edition in zip(before.blocks, editions, strict=True)]
    return with_step(BASE, before._replace(blocks=tuple(blocks)))


PUBLISHED: dict[str, tuple[int, Publish, list[tuple[int, str]]]] = {
    "new words": (60, Publish(words("later", 7)), [*HELLO, (131, "later/one/7"), OFFER]),
    "new words before a step begins": (
        10,
        Publish(words("hello", 7, 8)),
        [(10, "hello/one/7"), (11, "hello/two/8"), *WHOLE[2:]],
    ),
    "a step that has begun finishes as it began": (11, Publish(words("hello", 7, 8)), WHOLE),
    "a later time": (60, Publish(timed("later", After(5 * HOUR_MS))), [*HELLO, (311, "later/one/3"), OFFER]),
    "an earlier time": (60, Publish(timed("later", After(HOUR_MS))), [*HELLO, (71, "later/one/3"), OFFER]),
    "a time that people do not get": (60, Publish(timed("later", After(5 * HOUR_MS)), keep=True), WHOLE),
    "a step deleted": (60, Publish(without(BASE, "later")), [*HELLO, OFFER]),
    "a step off": (60, Publish(with_step(BASE, step(BASE, "later")._replace(active=False))), [*HELLO, OFFER]),
    "the last step deleted": (200, Publish(without(BASE, "offer")), WHOLE[:3]),
    "a step inserted before": (
        60,
        Publish(reordered("hello", "new", "later", "offer", others=[NEW])),
        [*HELLO, (71, "new/one/9"), (191, "later/one/3"), OFFER],
    ),
    "a step inserted whose time has passed": (
        100,
        Publish(reordered("hello", "new", "later", "offer", others=[NEW])),
        WHOLE,
    ),
    "a step inserted behind": (
        60,
        Publish(reordered("hello", "later", "new", "offer", others=[NEW])),
        [*WHOLE[:3], (191, "new/one/9"), OFFER],
    ),
    "never the same step twice": (60, Publish(reordered("later", "offer", "hello")), HELLO),
    "never backwards": (140, Publish(reordered("hello", "offer", "later")), WHOLE[:3]),
    "hours": (
        60,
        Publish(BASE._replace(hours=Hours(0, 2 * HOUR, outside="drop"))),
        [*HELLO],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_publication_moves_those_who_wait(name: str) -> None:
    minute, publication, sent = PUBLISHED[name]
    assert told(story(edits=[(minute, publication)])) == sent


def test_a_step_that_is_gone_is_skipped_at_its_time_and_the_next_one_counts_from_there() -> None:
    for campaign, reason in (
        (without(BASE, "later"), "step_deleted"),
        (with_step(BASE, step(BASE, "later")._replace(active=False)), "step_off"),
    ):
        assert told(story(edits=[(60, Publish(campaign))]), "skipped") == [(131, reason)]


def test_what_is_overdue_by_its_new_time_is_spread_over_ten_minutes() -> None:
    one = story(edits=[(100, Publish(timed("later", After(HOUR_MS))))])
    minute, text = told(one)[2]
    assert text == "later/one/3"
    assert 100 <= minute <= 110


def begins(edit: Publish) -> int:
    """The minute of the first message if that is published two minutes into the silence."""
    return told(story(edits=[(2, edit)]))[0][0]


def test_a_longer_threshold_counts_for_everybody_and_a_shorter_one_for_new_silences() -> None:
    longer, shorter = (BASE._replace(threshold_ms=minutes * MINUTE_MS) for minutes in (20, 5))
    assert begins(Publish(longer)) == 20
    assert begins(Publish(shorter)) == 10
    assert 5 <= begins(Publish(shorter, include=True)) <= 10


PAUSED: dict[tuple[str, int, int], list[tuple[int, str]]] = {
    ("continue", 60, 90): [*HELLO, (161, "later/one/3"), OFFER],
    ("as_if_never_paused", 60, 90): WHOLE,
    ("restart", 60, 90): [*HELLO, (210, "later/one/3"), OFFER],
    ("continue", 5, 65): [(70, "hello/one/1"), (71, "hello/two/2"), (191, "later/one/3"), OFFER],
    ("restart", 5, 65): [(75, "hello/one/1"), (76, "hello/two/2"), (196, "later/one/3"), OFFER],
    ("continue", 200, DAY + 10 * HOUR): [*WHOLE[:3], (2 * DAY + 9 * HOUR + 30, "offer/one/4")],
    ("as_if_never_paused", 200, DAY + 16 * HOUR): WHOLE[:3],
}


@pytest.mark.parametrize("pause", PAUSED)
def test_the_end_of_a_pause_moves_delays_by_its_policy(pause: tuple[str, int, int]) -> None:
    policy, begins, ends = pause
    edits: list[tuple[int, Change]] = [(begins, Pause()), (ends, Resume(policy))]
    assert told(story(edits=edits)) == PAUSED[pause]


def test_a_silence_that_waits_for_an_older_and_longer_threshold_is_moved_only_if_it_is_due_within_the_pause() -> None:
    edits: list[tuple[int, Change]] = [(5, Publish(BASE)), (10, Pause()), (40, Resume("continue"))]
    for minutes, first in ((90, 90), (30, 60)):
        longer = BASE._replace(threshold_ms=minutes * MINUTE_MS)
        assert told(story(edits=edits, campaign=longer))[0] == (first, "hello/one/1")


def test_the_rest_of_a_step_waits_as_long_as_the_pause() -> None:
    edits: list[tuple[int, Change]] = [(11, Pause()), (41, Resume("continue"))]
    assert told(story(edits=edits))[:2] == [(10, "hello/one/1"), (41, "hello/two/2")]


def test_a_campaign_that_finishes_sends_the_rest_to_those_who_have_begun_and_begins_nothing() -> None:
    edits: list[tuple[int, Change]] = [(60, Finish()), (90, Activate())]
    assert told(story([(0, Deed.WRITE)], edits)) == WHOLE
    assert told(story([(55, Deed.WRITE)], edits)) == []
    assert told(story([(70, Deed.WRITE)], edits)) == []
    assert told(story([(95, Deed.WRITE)], edits))[0] == (105, "hello/one/1")


def test_a_stop_ends_everything_and_an_activation_is_not_retroactive() -> None:
    edits: list[tuple[int, Change]] = [(60, Stop()), (70, Activate())]
    quiet = story([(0, Deed.WRITE)], edits)
    back = story([(0, Deed.WRITE), (80, Deed.WRITE)], edits)
    assert told(quiet) == HELLO
    assert told(quiet, "ended") == [(60, "stopped")]
    assert told(back)[2:4] == [(90, "hello/one/1"), (91, "hello/two/2")]

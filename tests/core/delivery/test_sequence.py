"""What follows what, and when: the next block, the next step, and their dues."""

import pytest

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Album, Item, Text
from engine.core.delivery import sequence
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.sequence import NextDelivery
from engine.core.schedule.step_schedule import After
from tests.core.delivery.test_state_machine import CHAT, EPISODE, HELLO, HERE, LAST, LATER, NOW, USUAL, campaign, step

# --- what begins


def test_an_episode_begins_with_the_first_block_of_the_first_step() -> None:
    assert sequence.first(USUAL, EPISODE, NOW, CHAT) == NextDelivery(
        Cursor(EPISODE, 0, "hello", "one", 0), NOW, urgent=False, anchor_ms=NOW
    )


def test_inactive_steps_do_not_begin_an_episode() -> None:
    newest = campaign(step("hello", "one", active=False), step("later", "-three", "five", delay_ms=10))
    assert sequence.first(newest, EPISODE, NOW, CHAT) == NextDelivery(
        Cursor(EPISODE, 0, "later", "five", 0), NOW + 10, urgent=False, anchor_ms=NOW
    )


def test_the_first_blocks_delay_counts() -> None:
    slow = Step("hello", After(10), (Block("one", Text("x"), delay_ms=5),))
    begun = sequence.first(campaign(slow), EPISODE, NOW, CHAT)
    assert begun
    assert begun.due_ms == NOW + 15


@pytest.mark.parametrize("newest", [campaign(), campaign(step("hello")), campaign(step("hello", "-one"))])
def test_a_campaign_with_nothing_to_send_begins_nothing(newest: Snapshot) -> None:
    assert sequence.first(newest, EPISODE, NOW, CHAT) is None


# --- what follows


def follow(
    newest: Snapshot, at: Cursor, runs: str = "", pinned: Snapshot = USUAL, *, step_over: bool = False
) -> tuple[str, str, int] | None:
    """The step, block and wait of what follows."""
    coming = sequence.following(newest, pinned, at, runs.split(), NOW, CHAT, step_over=step_over)
    return coming and (coming.cursor.step, coming.cursor.block, coming.due_ms - NOW)


def at(step_key: str, block: str) -> Cursor:
    return Cursor(EPISODE, 0, step_key, block, 1)


def test_the_next_block_of_a_step_comes_a_second_later_first_of_all() -> None:
    coming = sequence.following(USUAL, USUAL, HERE, (), NOW, CHAT, step_over=False)
    assert coming == NextDelivery(Cursor(EPISODE, 1, "hello", "two", 1), NOW + 1_000, urgent=True)


def test_a_blocks_own_delay_is_waited() -> None:
    slow = campaign(Step("hello", After(0), (Block("one", Text("x")), Block("two", Text("y"), delay_ms=7_000))))
    assert follow(slow, at("hello", "one"), pinned=slow) == ("hello", "two", 7_000)


@pytest.mark.parametrize(("delay_ms", "announced_ms"), [(0, 0), (1, 1), (5_000, 5_000), (5_001, 5_000)])
def test_a_block_is_announced_for_its_delay_and_five_seconds_at_most(delay_ms: int, announced_ms: int) -> None:
    slow = Step("hello", After(20_000), (Block("one", Text("x"), delay_ms), Block("two", Text("y"), delay_ms)))
    opened = sequence.first(campaign(slow), EPISODE, NOW, CHAT)
    coming = sequence.following(campaign(slow), campaign(slow), HERE, (), NOW, CHAT, step_over=False)
    assert opened
    assert coming
    assert [next_.due_ms - next_.wake_ms for next_ in (opened, coming)] == [announced_ms, announced_ms]


def test_after_an_album_the_chat_rests_once_for_each_file() -> None:
    album = Block("one", Album(tuple(Item("photo", name) for name in "abc")))
    step_of_two = campaign(Step("hello", After(0), (album, Block("two", Text("y")))), LAST)
    assert follow(step_of_two, at("hello", "one"), pinned=step_of_two) == ("hello", "two", 3_000)
    alone = campaign(Step("hello", After(0), (album,)), LAST)
    assert follow(alone, at("hello", "one"), pinned=alone) == ("last", "four", 3_000)


def test_a_step_that_was_not_sent_lets_the_next_one_follow_at_once() -> None:
    assert follow(USUAL, at("later", "three"), "hello", step_over=True) == ("last", "four", 0)


def test_a_block_that_is_off_is_left_out() -> None:
    pinned = campaign(step("hello", "one", "-two", "five"))
    assert follow(USUAL, at("hello", "one"), pinned=pinned) == ("hello", "five", 1_000)


def test_after_the_last_block_comes_the_next_step_at_its_schedule() -> None:
    coming = sequence.following(USUAL, USUAL, at("hello", "two"), (), NOW, CHAT, step_over=False)
    assert coming == NextDelivery(Cursor(EPISODE, 1, "later", "three", 0), NOW + 5_000, urgent=False, anchor_ms=NOW)


def test_a_skipped_step_takes_its_other_blocks_with_it() -> None:
    assert follow(USUAL, at("hello", "one"), step_over=True) == ("later", "three", 5_000)


def test_after_the_last_step_comes_nothing() -> None:
    assert follow(USUAL, at("last", "four")) is None


def test_a_begun_step_finishes_as_it_began() -> None:
    newest = campaign(step("hello", "one"), LATER)
    assert follow(newest, at("hello", "one")) == ("hello", "two", 1_000)


def test_a_deleted_step_is_followed_by_what_came_after_it() -> None:
    assert follow(campaign(HELLO, LAST), at("later", "three"), "hello") == ("last", "four", 1_000)


def test_a_deleted_first_step_is_followed_by_the_new_first() -> None:
    assert follow(campaign(LATER, LAST), at("hello", "two")) == ("later", "three", 5_000)


def test_a_step_that_was_switched_off_is_passed_by() -> None:
    newest = campaign(HELLO, step("later", "three", active=False), LAST)
    assert follow(newest, at("hello", "two")) == ("last", "four", 1_000)


def test_a_step_inserted_after_this_one_comes_next() -> None:
    newest = campaign(HELLO, step("new", "six", delay_ms=1_050), LATER)
    assert follow(newest, at("hello", "two")) == ("new", "six", 1_050)


def test_a_step_inserted_before_this_one_is_not_gone_back_to() -> None:
    newest = campaign(step("new", "six"), HELLO, LATER)
    assert follow(newest, at("hello", "two")) == ("later", "three", 5_000)


def test_after_a_reordering_never_the_same_step_twice() -> None:
    newest = campaign(LATER, HELLO, LAST)
    assert follow(newest, at("later", "three"), "hello") == ("last", "four", 1_000)


def test_after_a_reordering_never_backwards() -> None:
    newest = campaign(LAST, LATER, HELLO)
    assert follow(newest, at("later", "three"), "hello") is None


def test_everything_deleted_ends_it() -> None:
    assert follow(campaign(), at("hello", "two")) is None


@pytest.mark.parametrize(
    ("key", "block", "text"), [("hello", "two", "two"), ("hello", "none", None), ("none", "two", None)]
)
def test_a_block_is_found_by_its_keys(key: str, block: str, text: str | None) -> None:
    one = sequence.find_block(sequence.find_step(USUAL, key), block)
    assert (one and one.content) == (text and Text(text))


@pytest.mark.parametrize(
    ("newest", "runs", "step_key", "expected"),
    [
        ("bda", "abc", "d", "The awaited step was deleted, and the first one moved to the end."),
        ("bdae", "abc", "d", "A step in between is not jumped."),
        ("dae", "abc", "e", "Without the last two, the place is that of the one before."),
        ("adb", "ac", "d", "A step that the person has not had gives no place."),
        ("xyz", "abc", "x", "Nothing that the person has had is published: all of it is ahead."),
        ("cab", "abc", "", "The last completed one is first, but the others have been had."),
        ("dcab", "abc", "", "A step moved before the person's place is not sent."),
    ],
)
def test_the_next_step_is_the_first_one_after_the_last_completed_one(
    newest: str, runs: str, step_key: str, expected: str
) -> None:
    found = sequence.ahead(campaign(*(step(key, f"{key}1") for key in newest)), tuple(runs))
    assert "".join(one.key for one in found[:1]) == step_key, expected
    coming = follow(campaign(*(step(key, f"{key}1") for key in newest)), at(runs[-1], "x"), " ".join(runs[:-1]))
    assert (coming[0] if coming else "") == step_key, expected

"""A draft under every edit: what changes, what stays, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.campaign import editing
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import After

NOW = After(0)


def block(key: str) -> Block:
    return Block(key, Text(f"text of {key}"))


def step(key: str, *blocks: str) -> Step:
    return Step(key, NOW, tuple(map(block, blocks)))


DRAFT = Snapshot("UTC", (step("a", "one", "two"), step("b", "three"), step("c")))


def shape(draft: Snapshot) -> dict[str, list[str]]:
    return {step.key: [block.key for block in step.blocks] for step in draft.steps}


def test_new_steps_and_blocks_come_last() -> None:
    assert list(shape(editing.add_step(DRAFT, step("d")))) == ["a", "b", "c", "d"]
    assert shape(editing.add_block(DRAFT, "a", block("new")))["a"] == ["one", "two", "new"]


def test_a_copy_stands_behind_its_original_switched_off_under_keys_of_its_own() -> None:
    copied = editing.duplicate_step(DRAFT, "a", "a2", ["one2", "two2"])
    assert shape(copied) == {"a": ["one", "two"], "a2": ["one2", "two2"], "b": ["three"], "c": []}
    assert not copied.steps[1].active
    assert [found.content for found in copied.steps[1].blocks] == [found.content for found in DRAFT.steps[0].blocks]
    blocks = editing.duplicate_block(DRAFT, "a", "one", "one2").steps[0].blocks
    assert [(found.key, found.active) for found in blocks] == [("one", True), ("one2", False), ("two", True)]


@pytest.mark.parametrize(
    ("key", "by", "order"), [("a", 1, "bac"), ("c", -1, "acb"), ("a", -1, "abc"), ("c", 5, "abc"), ("c", -2, "cab")]
)
def test_a_step_moves_and_stops_at_the_ends(key: str, by: int, order: str) -> None:
    assert "".join(shape(editing.move_step(DRAFT, key, by))) == order


def test_a_block_moves_within_its_step() -> None:
    assert shape(editing.move_block(DRAFT, "a", "one", 1))["a"] == ["two", "one"]


def test_only_the_deleted_one_is_gone() -> None:
    assert shape(editing.delete_step(DRAFT, "b")) == {"a": ["one", "two"], "c": []}
    assert shape(editing.delete_block(DRAFT, "a", "one")) == {"a": ["two"], "b": ["three"], "c": []}


def test_one_thing_changes_and_the_others_stay() -> None:
    assert editing.switch_step(DRAFT, "b", active=False).steps[1] == replace(DRAFT.steps[1], active=False)
    assert editing.reschedule(DRAFT, "b", After(60_000)).steps[1] == replace(DRAFT.steps[1], schedule=After(60_000))
    changed = editing.change_block(DRAFT, "a", "two", lambda found: replace(found, delay_ms=5))
    assert changed.steps[0].blocks == (DRAFT.steps[0].blocks[0], replace(DRAFT.steps[0].blocks[1], delay_ms=5))
    assert changed.steps[1:] == DRAFT.steps[1:]


@pytest.mark.parametrize(
    ("edit", "mend"),
    [
        (lambda: editing.delete_step(DRAFT, "z"), "z is no longer in this draft"),
        (lambda: editing.move_block(DRAFT, "a", "three", 1), "three is no longer in this draft"),
        (lambda: editing.add_step(DRAFT, step("a")), "a is taken"),
        (lambda: editing.add_block(DRAFT, "a", block("one")), "one is taken"),
        (lambda: editing.add_step(DRAFT, step("Not a key")), "is invalid"),
    ],
)
def test_impossible_edits_are_refused(edit: object, mend: str) -> None:
    assert callable(edit)
    with pytest.raises(CampaignError, match=mend):
        edit()


def test_a_campaign_and_a_step_are_bounded() -> None:
    steps = tuple(step(f"s{number}") for number in range(editing.MOST_STEPS))
    with pytest.raises(CampaignError, match="at most 50"):
        editing.add_step(replace(DRAFT, steps=steps), step("more"))
    blocks = tuple(block(f"b{number}") for number in range(editing.MOST_BLOCKS))
    full = replace(DRAFT, steps=(replace(DRAFT.steps[0], blocks=blocks),))
    with pytest.raises(CampaignError, match="at most 20"):
        editing.duplicate_block(full, "a", "b0", "more")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3)), max_size=20))
def test_moves_lose_and_double_nothing(moves: list[tuple[str, int]]) -> None:
    draft = DRAFT
    for key, by in moves:
        draft = editing.move_step(draft, key, by)
    assert sorted(draft.steps, key=lambda found: found.key) == list(DRAFT.steps)

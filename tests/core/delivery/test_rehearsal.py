"""A sequence as an admin tries it: what comes, in which order, and how much faster."""

import pytest

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Album, Item, Text
from engine.core.delivery import rehearsal
from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import After, OnDay

NIGHT = 1_764_111_600_000
"""20:00 on 25 November 2025 in São Paulo."""
MINUTE = 60_000


def campaign(*steps: Step) -> Snapshot:
    return Snapshot("America/Sao_Paulo", steps, threshold_ms=10 * MINUTE)


def waits(snapshot: Snapshot, only: str | None = None) -> list[tuple[str, str, int]]:
    return [(cue.step, cue.block.key, cue.wait_ms) for cue in rehearsal.cues(snapshot, NIGHT, only)]


HELLO = Step("hello", After(0), (Block("one", Text("1")), Block("two", Text("2"), delay_ms=5 * MINUTE)))
OFFER = Step("offer", OnDay(1, 9, 30), (Block("three", Text("3")),))


def test_each_wait_is_a_sixtieth() -> None:
    until_morning = (13 * 60 + 30 - 10 - 5) * MINUTE
    assert waits(campaign(HELLO, OFFER)) == [
        ("hello", "one", 0),
        ("hello", "two", 5_000),
        ("offer", "three", until_morning // 60),
    ]


def test_a_chat_rests_between_messages_all_the_same() -> None:
    album = Block("two", Album(tuple(Item("photo", name) for name in "abc")))
    quick = Step("hello", After(0), (Block("one", Text("1")), album, Block("three", Text("3"))))
    assert [wait for _, _, wait in waits(campaign(quick))] == [0, 1_000, 3_000]


def test_one_step_alone_begins_at_once() -> None:
    assert waits(campaign(HELLO, OFFER), "offer") == [("offer", "three", 0)]


def test_inactive_steps_and_blocks_are_left_out() -> None:
    quiet = Step("quiet", After(0), (Block("no", Text("x"), active=False),))
    off = Step("off", After(0), (Block("no", Text("x")),), active=False)
    assert [step for step, _, _ in waits(campaign(off, quiet, OFFER))] == ["offer"]


@pytest.mark.parametrize(("only", "sentence"), [(None, "nothing to try"), ("offer", "no active step 'offer'")])
def test_nothing_to_try_is_said(only: str | None, sentence: str) -> None:
    with pytest.raises(CampaignError, match=sentence):
        waits(campaign(), only)

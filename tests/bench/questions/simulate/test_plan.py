"""The plan of a simulation: everything follows from the seed, and everything occurs in it."""

from collections import Counter
from itertools import chain, pairwise
from typing import get_args

import pytest

from bench.questions.simulate import plan
from bench.questions.simulate.campaign import MINUTE_MS, Campaign, as_file
from bench.questions.simulate.story import (
    Activate,
    Change,
    Deed,
    Edit,
    Finish,
    Hold,
    Pause,
    Publish,
    Release,
    Resume,
    Stop,
    Story,
)
from engine import campaign_file

STORY = plan.write(chats=80, days=30, seed=3)
PUBLISHED = [edit.change.campaign for edit in STORY.edits if isinstance(edit.change, Publish)]
GONE = (Deed.BLOCK, Deed.LEAVE)


def test_the_same_seed_writes_the_same_story_and_another_one_does_not() -> None:
    assert plan.write(80, 30, 3) == STORY
    assert plan.write(80, 30, 4) != STORY


def test_everything_happens_at_a_whole_minute_of_the_run_in_the_order_of_time() -> None:
    for happenings in (STORY.acts, STORY.edits):
        moments = [one.at_ms for one in happenings]
        assert moments == sorted(moments)
        assert all(at_ms % MINUTE_MS == 0 and STORY.begins_ms <= at_ms <= STORY.ends_ms for at_ms in moments)


def test_a_person_does_one_thing_in_a_minute_and_nothing_of_their_own_while_they_are_gone() -> None:
    for person in STORY.people:
        acts = STORY.acts_of(person)
        assert all(one.at_ms < other.at_ms for one, other in pairwise(acts))
        for one, other in pairwise(acts):
            assert one.deed not in GONE or other.deed is Deed.WRITE


def test_every_deed_and_every_change_occurs() -> None:
    assert {act.deed for act in STORY.acts} == set(Deed)
    changes = _changes(*(plan.write(2, 60, seed) for seed in range(5)))
    assert {type(edit.change) for edit in changes} == set(get_args(Change))
    resumes = [edit.change for edit in STORY.edits if isinstance(edit.change, Resume)]
    assert {resume.policy for resume in resumes} == {"continue", "as_if_never_paused", "restart"}


def _changes(*stories: Story) -> list[Edit]:
    return list(chain.from_iterable(one.edits for one in stories))


def test_every_part_of_a_campaign_changes() -> None:
    campaigns = [STORY.campaigns[0], *PUBLISHED]
    for part in ("zone", "threshold_ms", "skip_paid", "lateness_ms", "hours", "limits", "steps"):
        assert len({getattr(campaign, part) for campaign in campaigns}) > 1, part
    publications = [edit.change for edit in STORY.edits if isinstance(edit.change, Publish)]
    assert any(one.keep for one in publications)
    assert any(one.include for one in publications)


def test_a_pause_is_over_before_the_next_one_begins() -> None:
    for bot in range(len(plan.ZONES)):
        kinds = [type(edit.change) for edit in STORY.edits_of(bot) if not isinstance(edit.change, Publish)]
        for one, other in pairwise(kinds):
            assert one is not Pause or other is Resume
            assert one is not Hold or other is Release
            assert one not in (Stop, Finish) or other is Activate


@pytest.mark.parametrize("campaign", PUBLISHED[:12])
def test_every_campaign_can_be_imported_and_says_the_same(campaign: Campaign) -> None:
    read = campaign_file.read(as_file(campaign), "campaign.yaml", MINUTE_MS)
    assert (read.zone, read.threshold_ms, read.skip_paid, read.lateness_ms) == (
        campaign.zone,
        campaign.threshold_ms,
        campaign.skip_paid,
        campaign.lateness_ms,
    )
    assert [step.key for step in read.steps] == [step.key for step in campaign.steps]
    assert (read.window is None) is (campaign.hours is None)


def test_people_differ() -> None:
    visits = Counter(act.person for act in STORY.acts)
    assert max(visits.values()) > 3 * min(visits.values())

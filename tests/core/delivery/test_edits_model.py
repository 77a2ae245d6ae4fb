"""Random campaigns, edits and outcomes: each episode is walked by the engine's own functions and by a small model.

The model knows lists of names only: what a person has had, in order, and what is published, in order. Its promises:
never the same step twice, never backwards, nothing that is ahead is jumped, and an episode ends only when nothing is
ahead.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery import replan, sequence
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Finish, Move, Published, Versions, Waiting
from engine.core.delivery.sequence import Anchor, NextDelivery
from engine.core.schedule import sending_hours
from engine.core.schedule.step_schedule import After

CHAT, MINUTE, HOUR = 41, 60_000, 3_600_000
SPREAD = sending_hours.spread_over(CHAT, replan.SPREAD_MS)


class Plan(NamedTuple):
    """A published step, as the model sees it: its name, its delay in hours, and whether it is on."""

    name: str
    delay: int
    on: bool = True


class Edit(NamedTuple):
    """Something happens while a step is awaited or goes out: a publication, some part of the wait later."""

    plans: tuple[Plan, ...]
    share: float
    inside: bool
    outcome: bool
    """Whether the step is sent, or skipped."""


def snapshot(plans: Sequence[Plan]) -> Snapshot:
    return Snapshot("UTC", tuple(_step(plan) for plan in plans))


def _step(plan: Plan) -> Step:
    blocks = tuple(Block(f"{plan.name}{number}", Text("x")) for number in (1, 2))
    return Step(plan.name, After(plan.delay * HOUR), blocks, plan.on)


# --- the model


def ahead(plans: Sequence[Plan], had: Sequence[str]) -> list[Plan]:
    """Go back through what the person has had, to the last thing that is still published; what comes then is ahead."""
    names, had = [plan.name for plan in plans], list(had)
    while had and had[-1] not in names:
        had = had[:-1]
    place = names.index(had[-1]) + 1 if had else 0
    return [plan for plan in plans[place:] if plan.on and plan.name not in had]


def awaited_after_edit(plans: Sequence[Plan], had: Sequence[str], awaited: str, waited_ms: int) -> str | None:
    """A step that is gone keeps its slot; one put before the awaited step comes first while its hour is ahead."""
    if not any(plan.on and plan.name == awaited for plan in plans):
        return awaited
    coming = ahead(plans, had)
    if all(plan.name != awaited for plan in coming):
        return coming[0].name if coming else None
    return next(plan.name for plan in coming if plan.name == awaited or plan.delay * HOUR > waited_ms)


def due_after_edit(
    before: Sequence[Plan],
    after: Sequence[Plan],
    awaited: str,
    coming: str | None,
    due_ms: int,
    anchor_ms: int,
    now_ms: int,
) -> int | None:
    """What is planned as before keeps its due; all else gets its own hour, or a turn from now where that is past."""
    was, new = ({plan.name: plan.delay for plan in plans if plan.on} for plans in (before, after))
    if coming is None:
        return None
    if coming not in new or (coming == awaited and was.get(awaited) == new[awaited]):
        return due_ms
    own_ms = anchor_ms + new[coming] * HOUR
    return own_ms if own_ms > now_ms or (coming == awaited and own_ms == due_ms) else now_ms + SPREAD


# --- the engine


class Walk:
    """One episode. `sent` is what went out; `had` also counts what was skipped."""

    def __init__(self, plans: tuple[Plan, ...]) -> None:
        self.plans = plans
        self.now_ms = 1_000_000 * HOUR
        self.had: list[str] = []
        self.sent: list[str] = []
        self.next = sequence.first(snapshot(plans), self.now_ms, self.now_ms, CHAT)

    def take(self, edit: Edit) -> None:
        """Something is published while the person waits, then the step goes out; or the other way round."""
        if not edit.inside:
            self.publish(edit)
        if self.next:
            self.go_out(edit)

    def publish(self, edit: Edit) -> None:
        assert self.next
        assert self.next.anchor_ms is not None
        self.now_ms += int((self.next.due_ms - self.now_ms) * edit.share)
        at, anchor = self.next.cursor, Anchor(self.next.anchor_ms)
        waiting = Waiting(CHAT, at, 5, self.next.due_ms, anchor, tuple(self.had))
        versions = Versions(snapshot(edit.plans), snapshot(self.plans))
        found = replan.fate(Published(), versions, waiting, self.now_ms)
        expected = awaited_after_edit(edit.plans, self.had, at.step, self.now_ms - anchor.at_ms)
        due_ms = due_after_edit(self.plans, edit.plans, at.step, expected, self.next.due_ms, anchor.at_ms, self.now_ms)
        self.plans = edit.plans
        if isinstance(found, Move):
            self.next = NextDelivery(found.cursor, found.due_ms, urgent=False, anchor_ms=anchor.at_ms)
        if isinstance(found, Finish):
            self.next = None
        assert (self.next and self.next.cursor.step) == expected
        assert (self.next and self.next.due_ms) == due_ms

    def go_out(self, edit: Edit) -> None:
        """The awaited step becomes due: it is sent or skipped (if it is gone, surely), and something follows."""
        assert self.next
        at, pinned = self.next.cursor, snapshot(self.plans)
        self.now_ms = max(self.now_ms, self.next.due_ms)
        goes = edit.outcome and any(plan.on and plan.name == at.step for plan in self.plans)
        if goes:
            assert at.step in {plan.name for plan in ahead(self.plans, self.had)}, "backwards, or twice"
            self.sent.append(at.step)
        if edit.inside:
            self.plans = edit.plans
        self.next = self.follow(pinned, at, over=not goes)
        if goes:
            assert self.next
            assert self.next.cursor.block == f"{at.step}2"
            self.next = self.follow(pinned, self.next.cursor, over=False)
        self.had.append(at.step)
        coming = ahead(self.plans, self.had)
        assert (self.next and self.next.cursor.step) == (coming[0].name if coming else None)

    def follow(self, pinned: Snapshot, at: Cursor, *, over: bool) -> NextDelivery | None:
        newest = snapshot(self.plans)
        return sequence.following(newest, pinned, at, self.had, self.now_ms, CHAT, step_over=over)


@st.composite
def campaigns(draw: Any, least: int = 1) -> tuple[Plan, ...]:
    """Steps of a few names in any order, most of them on."""
    names = draw(st.permutations("abcdef"))[: draw(st.integers(least, 6))]
    return tuple(Plan(name, draw(st.integers(0, 3)), draw(st.integers(0, 9)) > 0) for name in names)


def edits() -> Iterator[Any]:
    yield campaigns(least=2)
    yield st.floats(0, 1)
    yield st.booleans()
    yield st.integers(0, 9).map(bool)


@given(campaigns(least=4), st.lists(st.builds(Edit, *edits()), min_size=1, max_size=8))
def test_an_episode_is_walked_as_the_model_walks_it(plans: tuple[Plan, ...], steps: list[Edit]) -> None:
    walk = Walk(plans)
    for edit in steps:
        if walk.next is None:
            break
        walk.take(edit)
    assert len(set(walk.sent)) == len(walk.sent)
    while walk.next:
        walk.go_out(Edit(walk.plans, 0, inside=False, outcome=True))
    if walk.had:
        assert not ahead(walk.plans, walk.had)

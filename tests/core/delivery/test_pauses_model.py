"""Pauses, resumes and publications in random order: the due of somebody who waits is that of a small model.

The model counts a delay down hour by hour and stops counting in pauses; it looks for an hour of the day from the anchor
on, and not before the end of a pause that it fell into. It knows the facts alone, not the dues from before.
"""

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery import replan, silence_due
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Finish, Mode, Policy, Published, Resumed, Stay, Versions, Waiting
from engine.core.delivery.sequence import Anchor, open_step
from engine.core.delivery.silence_due import Pause
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay, Schedule

CHAT, MINUTE, HOUR, DAY = 41, 60_000, 3_600_000, 86_400_000
START = 20_000 * DAY + 8 * HOUR + 45 * MINUTE
"""Everything happens at a quarter to an hour, so that no window is just opening."""
SPREAD = sending_hours.spread_over(CHAT, replan.SPREAD_MS)
WINDOWS = st.sampled_from([None, Window(540, 1260), Window(1320, 360), Window(600, 660)])
SCHEDULES = st.one_of(
    st.integers(1, 60).map(lambda hours: After(hours * HOUR)),
    st.builds(OnDay, st.integers(1, 3), st.integers(0, 23), st.just(15)),
)


class Draft(NamedTuple):
    """What an admin publishes: the hours of the awaited step, those of another one, the window."""

    own: Schedule
    other: int
    window: Window | None


class Happening(NamedTuple):
    """Some hours later, something happens: a publication, or the other half of a pause."""

    after_h: int
    draft: Draft | None
    mode: Mode
    policy: Policy


def snapshot(draft: Draft) -> Snapshot:
    own = Step("own", draft.own, (Block("own1", Text("x")),))
    return Snapshot("UTC", (own, Step("other", After(draft.other), (Block("other1", Text("x")),))), window=draft.window)


# --- the model


def own_due(draft: Draft, anchor_ms: int, pauses: list[Pause]) -> int:
    """The due by the hours of a version, from the anchor and the pauses alone."""
    restarts = [pause.over_ms for pause in pauses if pause.policy == "restart"]
    start_ms = restarts[-1] if restarts else anchor_ms
    stops = [pause for pause in pauses if pause.policy == "continue" and pause.over_ms > start_ms]
    if isinstance(draft.own, After):
        return shifted(draft, count_down(start_ms, draft.own.delay_ms, stops))
    day_ms = start_ms - start_ms % DAY
    wanted_ms = day_ms + draft.own.days * DAY + draft.own.hour * HOUR + draft.own.minute * MINUTE
    while stops and shifted(draft, wanted_ms) <= stops[-1].over_ms:
        wanted_ms += DAY
    return shifted(draft, wanted_ms)


def count_down(now_ms: int, left_ms: int, stops: list[Pause]) -> int:
    while left_ms > 0:
        if not any(pause.began_ms <= now_ms < pause.over_ms for pause in stops):
            left_ms -= HOUR
        now_ms += HOUR
    return now_ms


def shifted(draft: Draft, due_ms: int) -> int:
    return sending_hours.shifted(draft.window, due_ms, "UTC", CHAT)


class Model:
    """The facts of one person who waits, and the due that follows from them."""

    def __init__(self, draft: Draft) -> None:
        self.published = self.planned = draft
        self.kept = False
        self.pauses: list[Pause] = []
        self.due_ms = own_due(draft, START, [])

    def publish(self, draft: Draft, mode: Mode, now_ms: int) -> None:
        before, self.published = self.published, draft
        if self.kept and before.own == draft.own:
            return
        due_ms = own_due(draft, START, self.pauses)
        if due_ms != own_due(self.planned, START, self.pauses):
            turn_ms = due_ms if due_ms > now_ms or due_ms == self.due_ms else shifted(draft, now_ms + SPREAD)
            if mode == "keep" and turn_ms != self.due_ms:
                self.kept = True
                return
            self.due_ms = turn_ms
        self.planned, self.kept = draft, False

    def resume(self, pause: Pause) -> None:
        self.pauses.append(pause)
        over_ms, is_ahead = pause.over_ms, self.due_ms > pause.over_ms
        if pause.policy == "as_if_never_paused":
            late_ms = over_ms - self.due_ms
            if 0 < late_ms <= snapshot(self.published).lateness_ms:
                self.due_ms = shifted(self.planned, over_ms + SPREAD)
            return
        due_ms = own_due(self.planned, START, self.pauses)
        if due_ms > over_ms or pause.policy == "restart":
            self.due_ms = due_ms
        elif not is_ahead:
            self.due_ms = shifted(self.planned, over_ms + SPREAD)


# --- the engine


class Engine:
    """The row of the same person, as replans leave it."""

    def __init__(self, draft: Draft) -> None:
        self.drafts = [draft]
        at = Cursor(START - DAY, 0, "", "", 0)
        opened = open_step(snapshot(draft), snapshot(draft).steps[0], at, Anchor(START), CHAT)
        assert opened
        self.row = Waiting(CHAT, opened.cursor, 5, opened.due_ms, Anchor(START), ())

    def change(self, change: Published | Resumed, now_ms: int) -> None:
        newest, before = self.drafts[-1], self.drafts[-2] if isinstance(change, Published) else None
        kept = snapshot(self.drafts[self.row.kept - 1]) if self.row.kept else None
        versions = Versions(snapshot(newest), snapshot(before) if before else None, kept)
        what = replan.fate(change, versions, self.row, now_ms)
        assert not isinstance(what, Finish)
        if not isinstance(what, Stay):
            assert what.cursor == self.row.cursor
            self.row = self.row._replace(due_ms=what.due_ms, anchor=what.anchor, kept=what.kept)

    def publish(self, draft: Draft, mode: Mode, now_ms: int) -> None:
        self.drafts.append(draft)
        number = len(self.drafts)
        self.change(Published(mode, number - 1, number), now_ms)


DRAFTS = st.builds(Draft, SCHEDULES, st.integers(0, 9), WINDOWS)
MODES: Any = st.sampled_from(["update", "update", "keep"])
POLICIES: Any = st.sampled_from(["continue", "continue", "restart", "as_if_never_paused"])
HAPPENINGS = st.builds(Happening, st.integers(0, 40), st.none() | DRAFTS, MODES, POLICIES)


@given(DRAFTS, st.lists(HAPPENINGS, max_size=10), st.data())
def test_a_due_after_any_order_of_events_is_that_of_the_facts(
    draft: Draft, happenings: list[Happening], data: st.DataObject
) -> None:
    model, engine = Model(draft), Engine(draft)
    now_ms, paused_ms = START, None
    for happening in happenings:
        now_ms += happening.after_h * HOUR
        if paused_ms is None and now_ms >= engine.row.due_ms:
            return
        if happening.draft:
            named = data.draw(st.sampled_from([happening.draft, happening.draft._replace(own=engine.drafts[-1].own)]))
            for one in (model, engine):
                one.publish(named, happening.mode, now_ms if paused_ms is None else paused_ms)
            published = engine.row
            engine.publish(named, happening.mode, now_ms if paused_ms is None else paused_ms)
            assert engine.row == published, "publishing the same again moves nobody"
        elif paused_ms is None:
            paused_ms = now_ms
        else:
            model.resume(Pause(paused_ms, now_ms, happening.policy))
            engine.change(Resumed(paused_ms, happening.policy), now_ms)
            paused_ms = None
        assert (engine.row.due_ms, bool(engine.row.kept)) == (model.due_ms, model.kept)


@given(DRAFTS, DRAFTS, st.integers(0, 30), st.integers(0, 60))
def test_a_publication_in_a_pause_and_one_after_it_agree(draft: Draft, other: Draft, until_h: int, for_h: int) -> None:
    """Unless a turn was given to somebody whose due was past: turns count from the moment of the change."""
    paused_ms = START + until_h * HOUR
    over_ms = paused_ms + for_h * HOUR
    early, late = Engine(draft), Engine(draft)
    if early.row.due_ms <= paused_ms:
        return
    early.publish(other, "update", paused_ms)
    early.change(Resumed(paused_ms), over_ms)
    late.change(Resumed(paused_ms), over_ms)
    late.publish(other, "update", over_ms)
    assert early.row.anchor == late.row.anchor
    due_ms = own_due(other, START, [Pause(paused_ms, over_ms, "continue")])
    if due_ms > over_ms and own_due(other, START, []) > paused_ms:
        assert early.row.due_ms == late.row.due_ms == due_ms


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=4), st.data())
def test_a_silence_stands_still_through_pauses_whatever_threshold_is_published(
    threshold_h: int, spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    """A longer threshold may be published at any time; the episode begins when it has been counted down."""
    newest = replace(snapshot(Draft(After(0), 0, None)), threshold_ms=threshold_h * HOUR)
    now_ms, pauses, armed_ms = START, [], START + newest.threshold_ms
    for before_h, for_h in spans:
        began_ms = now_ms + before_h * HOUR
        now_ms = began_ms + for_h * HOUR
        pauses.append(Pause(began_ms, now_ms, "continue"))
        longer_ms = newest.threshold_ms + data.draw(st.sampled_from([0, 0, HOUR, 9 * HOUR]))
        newest = replace(newest, threshold_ms=longer_ms)
        if silence_due.due_ms(newest, pauses[:-1], CHAT, START) <= began_ms:
            return
        armed_ms = silence_due.resumed_due_ms(newest, pauses, CHAT, START, armed_ms)
        assert silence_due.resumed_due_ms(newest, pauses, CHAT, START, armed_ms) == armed_ms
    due_ms = count_down(START, newest.threshold_ms, pauses)
    assert silence_due.due_ms(newest, pauses, CHAT, START) == due_ms
    assert armed_ms == due_ms

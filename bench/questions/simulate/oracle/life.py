"""One chat from the first minute to the last: what its person does, what admins do, and what is due in between."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.questions.simulate.campaign import Campaign, text_of
from bench.questions.simulate.oracle import edits, gate
from bench.questions.simulate.oracle.calendar import SPREAD_MS, own_moment
from bench.questions.simulate.oracle.edits import Edited, Over
from bench.questions.simulate.oracle.gate import Had
from bench.questions.simulate.oracle.planning import (
    GAP_MS,
    Anchor,
    Wait,
    ahead,
    first_wait,
    next_block,
)
from bench.questions.simulate.story import (
    TICK_MS,
    Act,
    Activate,
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

_ARMS: Final = ("live", "paused")
"""In these states of a campaign a sign of life begins a silence that counts."""
_SENDS: Final = ("live", "finishing")


class Note(NamedTuple):
    """What came of a message, or how the episode ended; `episode` is the moment since which the person was silent."""

    at_ms: int
    what: str
    episode: int
    step: str = ""
    block: str = ""
    detail: str = ""
    """The text of a message that left, else the reason."""


def foretell(story: Story, person: int) -> list[Note]:
    """Everything that must come of the messages to this person, in order."""
    bot = story.people[person]
    life = Life(person, story.campaigns[bot])
    for at_ms, acts, changes in _by_minute(story.acts_of(person), story.edits_of(bot)):
        life.live_until(at_ms)
        for act in acts:
            life.act(act)
        for edit in changes:
            life.edit(edit)
    life.live_until(story.ends_ms + 1)
    return life.notes


def _by_minute(acts: Sequence[Act], changes: Sequence[Edit]) -> Iterable[tuple[int, list[Act], list[Edit]]]:
    for at_ms in sorted({act.at_ms for act in acts} | {edit.at_ms for edit in changes}):
        yield at_ms, [act for act in acts if act.at_ms == at_ms], [edit for edit in changes if edit.at_ms == at_ms]


class Life:
    def __init__(self, person: int, campaign: Campaign) -> None:
        self.notes: list[Note] = []
        self._person = person
        self._campaign = campaign
        self._state = "live"
        self._paused_ms = 0
        self._held = False
        self._pauses: list[Over] = []
        self._now_ms = 0
        self._seen_ms = 0
        self._armed_ms: int | None = None
        self._wait: Wait | None = None
        self._runs: list[str] = []
        self._began_ms = 0
        self._reachable, self._refuses, self._opted_out = True, False, False
        self._charges: set[str] = set()
        self._steps_ms: dict[tuple[int, str], int] = {}
        self._beginnings: list[int] = []

    # --- time

    def live_until(self, before_ms: int) -> None:
        """Let everything happen that is due before that minute; each due has its turn at the next whole minute."""
        while (due_ms := self._due_ms) is not None and self._state in _SENDS and not self._held:
            at_ms = max(-(-due_ms // TICK_MS) * TICK_MS, self._now_ms)
            if at_ms >= before_ms:
                break
            self._now_ms = at_ms
            if self._wait:
                self._look(self._wait)
            else:
                self._begin(due_ms)
        self._now_ms = max(self._now_ms, before_ms)

    @property
    def _due_ms(self) -> int | None:
        return self._wait.due_ms if self._wait else self._armed_ms

    @property
    def _had(self) -> Had:
        return Had(bool(self._charges), self._steps_ms.values(), self._beginnings)

    def _begin(self, due_ms: int) -> None:
        """The silence has lasted long enough, unless the threshold is longer by now."""
        lasts_ms = self._silence_due()
        if lasts_ms > due_ms:
            self._armed_ms = lasts_ms
            return
        self._armed_ms = None
        steps = ahead(self._campaign, ())
        if steps and self._reachable and not self._opted_out and self._may_begin():
            self._runs, self._began_ms = [], self._now_ms
            self._wait = first_wait(self._campaign, steps[0], Anchor(due_ms), self._person)

    def _may_begin(self) -> bool:
        return self._state == "live" and gate.may_begin(self._campaign, self._had, self._now_ms)

    def _silence_due(self) -> int:
        lived = [pause for pause in self._pauses if self._seen_ms < pause.ended_ms]
        return edits.silence_due(self._seen_ms, self._campaign.threshold_ms, lived)

    def _look(self, wait: Wait) -> None:
        match gate.judge(wait, self._campaign, self._had, self._now_ms, self._person):
            case gate.End(reason):
                self._end(reason)
            case gate.Defer(until_ms):
                self._wait = wait._replace(due_ms=until_ms, deferrals=wait.deferrals + 1)
            case gate.Skip(reason):
                self._note("skipped", wait, reason)
                self._go_on(wait, self._now_ms)
            case gate.Send(block):
                self._send(wait, text_of(wait.step, block))

    def _send(self, wait: Wait, text: str) -> None:
        if self._refuses:
            self._note("refused", wait, text)
            self._reachable = False
            self._end("unreachable")
            return
        self._note("sent", wait, text)
        if not self._beginnings or self._beginnings[-1] != self._began_ms:
            self._beginnings.append(self._began_ms)
        self._steps_ms[self._seen_ms, wait.step] = self._now_ms
        begun = wait.begun or self._campaign
        step = begun.step(wait.step)
        block = next_block(step, wait.block) if step else None
        if block:
            due_ms = self._now_ms + max(GAP_MS, block.delay_ms)
            self._wait = Wait(wait.step, block.key, due_ms, begun=begun)
        else:
            self._go_on(wait, self._now_ms + GAP_MS)

    def _go_on(self, wait: Wait, floor_ms: int) -> None:
        """The step is over: the next one is anchored here."""
        self._runs.append(wait.step)
        steps = ahead(self._campaign, self._runs)
        if steps:
            self._wait = first_wait(self._campaign, steps[0], Anchor(self._now_ms), self._person, floor_ms)
        else:
            self._end("completed")

    def _end(self, reason: str) -> None:
        if self._wait:
            self.notes.append(Note(self._now_ms, "ended", self._seen_ms, detail=reason))
        self._wait = None

    def _note(self, what: str, wait: Wait, detail: str) -> None:
        self.notes.append(Note(self._now_ms, what, self._seen_ms, wait.step, wait.block, detail))

    # --- people

    def act(self, act: Act) -> None:
        match act.deed:
            case Deed.WRITE:
                self._sign_of_life(act.at_ms)
            case Deed.PAY:
                self._pay(act.charge)
                self._sign_of_life(act.at_ms)
            case Deed.RENEW:
                self._pay(act.charge)
            case Deed.REFUND:
                self._charges.discard(act.charge)
            case Deed.BLOCK:
                self._reachable = False
                self._leave("unreachable")
            case Deed.LEAVE:
                self._refuses = True
            case Deed.OPT_OUT:
                self._opted_out = True
                self._leave("opted_out")
            case Deed.UNDO:
                self._opted_out = False
                self._sign_of_life(act.at_ms)

    def _sign_of_life(self, at_ms: int) -> None:
        self._end("returned")
        self._reachable, self._refuses = True, False
        self._seen_ms = at_ms
        self._armed_ms = at_ms + self._campaign.threshold_ms if self._state in _ARMS else None

    def _pay(self, charge: str) -> None:
        self._charges.add(charge)
        if self._campaign.skip_paid:
            self._leave("paid")

    def _leave(self, reason: str) -> None:
        """Nothing more comes of this silence."""
        self._end(reason)
        self._armed_ms = None

    # --- admins

    def edit(self, edit: Edit) -> None:
        match edit.change:
            case Publish() as publication:
                self._publish(publication, edit.at_ms)
            case Pause():
                self._state, self._paused_ms = "paused", edit.at_ms
            case Resume(policy):
                self._resume(Over(self._paused_ms, edit.at_ms, policy))
            case Hold():
                self._held = True
            case Release():
                self._held = False
            case Stop():
                self._state = "stopped"
                self._leave("stopped")
            case Finish():
                self._state = "finishing"
            case Activate():
                self._state = "live"

    def _publish(self, publication: Publish, at_ms: int) -> None:
        as_of_ms = self._paused_ms if self._state == "paused" else at_ms
        edited = Edited(self._campaign, publication.campaign, as_of_ms)
        self._campaign = edited.now
        wait = self._wait
        if wait and not wait.begun and edits.moves_people(edited.before, edited.now):
            self._wait = edits.published(wait, edited, self._runs, self._person, keep=publication.keep)
            if self._wait is None:
                self.notes.append(Note(self._now_ms, "ended", self._seen_ms, detail="completed"))
        shorter = edited.now.threshold_ms < edited.before.threshold_ms
        if publication.include and shorter and self._armed_ms is not None and not wait:
            soon_ms = as_of_ms + own_moment(self._person, SPREAD_MS)
            self._armed_ms = min(self._armed_ms, max(self._silence_due(), soon_ms))

    def _resume(self, pause: Over) -> None:
        self._state = "live"
        self._pauses.append(pause)
        if self._wait:
            self._wait = edits.resumed(self._wait, pause, self._campaign, self._person)
        elif self._armed_ms is not None and self._seen_ms < pause.ended_ms:
            lived = [one for one in self._pauses if self._seen_ms < one.ended_ms]
            self._armed_ms = edits.resumed_silence(self._armed_ms, self._seen_ms, lived, self._campaign, self._person)

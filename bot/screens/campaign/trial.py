"""A test of the whole sequence: the bot itself sends it to the admin, sixty times faster. It is not counted."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.composing import drafts, trials
from bot.framework.i18n import escaped
from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.administration.trials import Trial
from engine.core.delivery import rehearsal
from engine.core.delivery.rehearsal import Cue

_WORDS: Final = 24
_MOST: Final = 30
"""No more blocks fit on a screen; the rest are counted."""


class TrialProgress(NamedTuple):
    revision: int
    trial: Trial | None


async def load(visit: Visit) -> TrialProgress:
    draft = await drafts.load(visit)
    trial = visit.desk.trials.of(visit.admin.admin_id)
    return TrialProgress(draft.revision, trial if trial and trial.speaker.bot_id == visit.place.bot else None)


def view(visit: Visit, loaded: TrialProgress) -> View:
    say, here, trial = visit.say, visit.place, loaded.trial
    start = Button(say.label("🧪 Send it to me"), "trial.start", here)
    if trial and trial.runs:
        start = Button(say.label("✖ End the test"), "trial.cancel", here)
    again = [Button(say.label("🔄 Refresh"), "trial", here)] if trial and trial.runs else []
    return View("\n".join(_lines(visit, trial)), [[start], again], loaded.revision)


def _lines(visit: Visit, trial: Trial | None) -> Iterator[str]:
    say = visit.say
    yield say("@{bot} sends you the draft, 60× faster. It isn't counted.", bot=visit.bot)
    if trial is None:
        return
    yield ""
    for number, cue in enumerate(trial.cues[:_MOST]):
        yield _line(visit, trial, number, cue)
    if len(trial.cues) > _MOST:
        yield say("… and {count} more", count=len(trial.cues) - _MOST)
    if trial.error:
        yield f"⚠ {say.refusal(trial.error)}"


def _line(visit: Visit, trial: Trial, number: int, cue: Cue) -> str:
    say = visit.say
    words = outline.beginning(cue.block, _WORDS) or outline.kind(say, cue.block.content)
    if number < len(trial.outcomes):
        came = trials.came_of(visit, trial.outcomes[number])
    elif number == len(trial.outcomes) and trial.runs:
        came = say("⏳ in {seconds} s", seconds=cue.wait_ms // 1000)
    else:
        came = say("not yet") if trial.runs else say("not sent")
    return f"{outline.sign(cue.block)} {escaped(words)} · {came}"


async def _start(visit: Visit) -> Done:
    draft = await drafts.load(visit)
    mark = visit.say.label("🧪 Test, 60× faster:")
    trial = await trials.start(visit, mark, rehearsal.cues(draft.snapshot, visit.now_ms))
    await trial.reaches(1)
    return Done(visit.say.label("Open your chat with @{bot}", bot=visit.bot))


async def _cancel(visit: Visit) -> Done:
    visit.desk.trials.cancel(visit.admin.admin_id)
    return Done(visit.say.label("Test ended"))


SCREEN: Final = Screen(
    "trial",
    Scope.BOT,
    "campaign",
    lambda say: say("Test"),
    "analyst",
    load,
    view,
    {"start": Action("analyst", _start, once=True, slow=True), "cancel": Action("analyst", _cancel, once=True)},
)

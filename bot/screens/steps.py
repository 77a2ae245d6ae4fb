"""The steps of a draft in their order: when each is sent to whoever falls silent now, and whether it is on."""

from functools import partial
from typing import Final, NamedTuple

from bot.callbacks import code_of_key
from bot.screen import Button, Place, Question, Screen, View, Visit
from engine import administration
from engine.core import campaign, editing, schedule
from engine.core.campaign import Snapshot, Step

_PAGE: Final = 8


class Loaded(NamedTuple):
    """`draft` is None where nothing is composed."""

    revision: int
    draft: Snapshot | None


async def load(visit: Visit) -> Loaded:
    return Loaded(*(await administration.draft(visit.desk.pool, visit.place.bot) or (0, None)))


def view(visit: Visit, loaded: Loaded) -> View:
    say, draft = visit.say, loaded.draft
    back = [Button(say.label("◀ Back"), "campaign", Place(visit.place.bot))]
    if draft is None or not draft.steps:
        return View(say("No steps yet."), [[_add(visit)], back] if draft else [back], loaded.revision)
    page = min(visit.place.choice, (len(draft.steps) - 1) // _PAGE)
    shown = draft.steps[page * _PAGE : (page + 1) * _PAGE]
    rows = [[_step(visit, number, step)] for number, step in enumerate(shown, page * _PAGE + 1)]
    return View(
        _text(visit, draft), [*rows, *_turns(visit, page, len(draft.steps)), [_add(visit)], back], loaded.revision
    )


def _text(visit: Visit, draft: Snapshot) -> str:
    say = visit.say
    due = {planned.step: planned.due_ms for planned in campaign.forecast(draft, visit.now_ms)}
    lines = [say("<b>Steps</b>, as they are in the draft"), say("Somebody silent from now on is sent:")]
    for number, step in enumerate(draft.steps, 1):
        when = say.moment(due[step.key], draft.zone) if step.key in due else say("off")
        lines.append(say("{number}. {when}", number=number, when=when))
    return "\n".join(lines)


def _step(visit: Visit, number: int, step: Step) -> Button:
    sign = "●" if step.active else "○"
    label = visit.say.label("{sign} Step {number}", sign=sign, number=number)
    return Button(label, "step", Place(visit.place.bot, code_of_key(step.key)))


def _turns(visit: Visit, page: int, count: int) -> list[list[Button]]:
    here = visit.place
    back = [Button(visit.say.label("◀ Previous"), "steps", here._replace(choice=page - 1))] if page else []
    on = (
        [Button(visit.say.label("Next ▶"), "steps", here._replace(choice=page + 1))]
        if (page + 1) * _PAGE < count
        else []
    )
    return [[*back, *on]] if back or on else []


def _add(visit: Visit) -> Button:
    return Button(visit.say.label("➕ Step"), "steps.add", Place(visit.place.bot))


async def _take(visit: Visit, said: str) -> None:
    """The key comes from the revision, which only rises: it was never used before."""
    step = Step(f"s{visit.revision + 1}", schedule.parse(said), ())
    edit = partial(editing.add_step, step=step)
    await administration.edit(visit.desk.pool, visit.place.bot, visit.revision, edit, visit.change)


_NEW: Final = Question(
    "editor",
    lambda say: say("When is the new step sent? Write <code>10m</code>, <code>tomorrow 09:30</code> or so. /cancel"),
    _take,
    lambda say: say("That is no time. Write <code>10m</code>, <code>tomorrow 09:30</code> or <code>+3d 18:00</code>."),
)

SCREEN: Final = Screen("steps", "analyst", load, view, questions={"add": _NEW})

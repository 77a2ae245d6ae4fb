"""The steps of a draft in order: when each would be sent to people who go quiet now, and whether it is on."""

from functools import partial
from typing import Final, NamedTuple

from bot.composing import drafts
from bot.composing.drafts import Draft
from bot.framework.callbacks import code_of_key
from bot.framework.incoming import IncomingMessage
from bot.framework.paging import page_of
from bot.framework.screen import Action, Button, Done, Place, Question, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.administration import campaign_views, campaigns
from engine.core.campaign import editing
from engine.core.campaign.forecast import forecast
from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.roles import suffices
from engine.core.schedule import step_schedule


class StepList(NamedTuple):
    draft: Draft
    can_undo: bool


async def load(visit: Visit) -> StepList:
    draft = await drafts.load(visit)
    return StepList(draft, await campaign_views.can_undo(visit.desk.pool, visit.place.bot, visit.now_ms))


def view(visit: Visit, loaded: StepList) -> View:
    draft = loaded.draft
    page = page_of(visit, "steps", draft.snapshot.steps)
    shown = list(enumerate(page.items, page.first + 1))
    rows = [[_button(visit, number, step)] for number, step in shown]
    return View(_text(visit, draft.snapshot, shown), [*rows, page.turns, _edits(visit, loaded)], draft.revision)


def _text(visit: Visit, draft: Snapshot, shown: list[tuple[int, Step]]) -> str:
    say = visit.say
    if not draft.steps:
        return say("No steps yet. The first one is the message for people who go quiet.")
    planned = {one.step: one for one in forecast(draft, visit.now_ms)}
    lines = [say("People who go quiet now get:")]
    for number, step in shown:
        when = outline.when(say, planned[step.key], draft.zone) if step.key in planned else say("off")
        lines.append(
            say("{number}. {rule} → {when}", number=number, rule=outline.schedule_words(say, step.schedule), when=when)
        )
    return "\n".join(lines)


def _button(visit: Visit, number: int, step: Step) -> Button:
    sign = "●" if step.active else "○"
    label = visit.say.label("{sign} Step {number}", sign=sign, number=number)
    return Button(label, "step", Place(visit.place.bot, code_of_key(step.key)))


def _edits(visit: Visit, loaded: StepList) -> list[Button]:
    here = Place(visit.place.bot)
    if not suffices(visit.admin.role(here.bot), "editor"):
        return []
    undo = [Button(visit.say.label("↩ Undo"), "steps.undo", here)] if loaded.can_undo else []
    return [Button(visit.say.label("➕ Step"), "steps.add", here), *undo]


def _asks(visit: Visit) -> str:
    return visit.say(
        "When is the new step sent? Write <code>10m</code>, <code>2h30m</code>, <code>tomorrow 09:30</code> or"
        " <code>+3d 18:00</code>. The time counts from the previous step (for the first one, from when the"
        " person went quiet)."
    )


async def _take(visit: Visit, message: IncomingMessage) -> Done:
    step = Step(drafts.new_key(visit, "s"), step_schedule.parse_reply(message.text), ())
    await drafts.save(visit, partial(editing.add_step, step=step))
    return Done(to="step", place=Place(visit.place.bot, code_of_key(step.key)))


async def _undo(visit: Visit) -> Done:
    await campaigns.undo(visit.desk.pool, visit.place.bot, visit.revision, visit.change)
    return Done(visit.say.label("Undone"))


SCREEN: Final = Screen(
    "steps",
    Scope.BOT,
    "campaign",
    lambda say: say("Steps"),
    "analyst",
    load,
    view,
    {"undo": Action("editor", _undo)},
    {"add": Question("editor", _asks, _take)},
)

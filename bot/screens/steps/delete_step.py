"""Asks for confirmation before a step is deleted, with the number of blocks and people affected."""

from functools import partial
from typing import Final, NamedTuple

from bot.composing import drafts
from bot.composing.drafts import AtStep
from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views
from engine.core.campaign import editing


class StepToDelete(NamedTuple):
    at: AtStep
    waiting: int


async def load(visit: Visit) -> StepToDelete:
    at = await drafts.load_step(visit)
    return StepToDelete(at, await campaign_views.waiting_at(visit.desk.pool, visit.place.bot, at.step.key))


def view(visit: Visit, loaded: StepToDelete) -> View:
    say, at = visit.say, loaded.at
    blocks = say.count("{number} block", "{number} blocks", len(at.step.blocks))
    waiting = say.count("{number} person is waiting for it.", "{number} people are waiting for it.", loaded.waiting)
    ask = say("Delete step {number}?", number=at.number)
    then = say(
        "Once this is published, people waiting for this step won't get it. The next one counts from"
        " the time it would have been sent."
    )
    button = Button(say.label("🗑 Delete now"), "delete_step.now", visit.place)
    return View("\n".join([f"{ask} · {blocks}", waiting, "", then]), [[button]], at.draft.revision)


async def _delete(visit: Visit) -> Done:
    at = await drafts.load_step(visit)
    await drafts.save(visit, partial(editing.delete_step, key=at.step.key))
    note = visit.say(
        "Step {number} deleted from the draft. To undo, tap ↩ within 10 minutes, before you change anything else.",
        number=at.number,
    )
    return Done(to="steps", place=Place(visit.place.bot), note=note)


SCREEN: Final = Screen(
    "delete_step",
    Scope.STEP,
    "step",
    lambda say: say("Delete"),
    "editor",
    load,
    view,
    {"now": Action("editor", _delete)},
)

"""Asks once more before a step is deleted: what goes with it, in numbers."""

from functools import partial
from typing import Final, NamedTuple

from bot.composing import drafts
from bot.composing.drafts import AtStep
from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views
from engine.core.campaign import editing


class Loaded(NamedTuple):
    at: AtStep
    waiting: int


async def load(visit: Visit) -> Loaded:
    at = await drafts.load_step(visit)
    return Loaded(at, await campaign_views.waiting_at(visit.desk.pool, visit.place.bot, at.step.key))


def view(visit: Visit, loaded: Loaded) -> View:
    say, at = visit.say, loaded.at
    blocks = say.count("{number} block", "{number} blocks", len(at.step.blocks))
    waiting = say.count("{number} person waits for it.", "{number} people wait for it.", loaded.waiting)
    ask = say("Delete step {number}?", number=at.number)
    then = say("Once it is published, whoever waits for it goes on with the next step at the same hour.")
    button = Button(say.label("🗑 Delete now"), "delete_step.now", visit.place)
    return View("\n".join([f"{ask} · {blocks}", waiting, "", then]), [[button]], at.draft.revision)


async def _drop(visit: Visit) -> Done:
    at = await drafts.load_step(visit)
    await drafts.save(visit, partial(editing.delete_step, key=at.step.key))
    note = visit.say(
        "Step {number} is deleted from the draft. ↩ brings it back, for 10 minutes and until the next edit.",
        number=at.number,
    )
    return Done(to="steps", place=Place(visit.place.bot), note=note)


SCREEN: Final = Screen(
    "delete_step", Scope.STEP, "step", lambda say: say("Delete"), "editor", load, view, {"now": Action("editor", _drop)}
)

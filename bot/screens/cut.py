"""Asks once more before a block is deleted: which one goes, by how it begins."""

from functools import partial
from typing import Final

from bot import drafts
from bot.drafts import AtBlock
from bot.frame.callbacks import code_of_key
from bot.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.texts import escaped
from bot.words import outline
from engine.core.campaign import editing

_SHOWN: Final = 200


async def load(visit: Visit) -> AtBlock:
    return await drafts.load_block(visit)


def view(visit: Visit, at: AtBlock) -> View:
    say, block = visit.say, at.block
    ask = say("Delete block {number} of step {step}?", number=at.number, step=at.at.number)
    words = escaped(outline.beginning(block, _SHOWN) or outline.kind(say, block.content))
    then = say("Once it is published, only those still get it whose step has begun.")
    button = Button(say.label("🗑 Delete now"), "cut.now", visit.place)
    return View("\n".join([ask, f"{outline.sign(block)} {words}", "", then]), [[button]], at.revision)


async def _cut(visit: Visit) -> Done:
    at = await drafts.load_block(visit)
    step = at.at.step.key
    await drafts.save(visit, partial(editing.delete_block, step=step, key=at.block.key))
    note = visit.say(
        "The block is deleted from the draft. ↩ on the list of steps brings it back, for 10 minutes and until the next"
        " edit."
    )
    return Done(to="step", place=Place(visit.place.bot, code_of_key(step)), note=note)


SCREEN: Final = Screen(
    "cut", Scope.BLOCK, "block", lambda say: say("Delete"), "editor", load, view, {"now": Action("editor", _cut)}
)

"""Asks for confirmation before a block is deleted, and shows how it begins."""

from functools import partial
from typing import Final

from bot.composing import drafts
from bot.composing.drafts import AtBlock
from bot.framework.callbacks import code_of_key
from bot.framework.i18n import escaped
from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.core.campaign import editing

_SHOWN: Final = 200


async def load(visit: Visit) -> AtBlock:
    return await drafts.load_block(visit)


def view(visit: Visit, at: AtBlock) -> View:
    say, block = visit.say, at.block
    ask = say("Delete block {number} of step {step}?", number=at.number, step=at.at.number)
    words = escaped(outline.beginning(block, _SHOWN) or outline.kind(say, block.content))
    then = say("Once this is published, only people who are already in the middle of the step still get this block.")
    button = Button(say.label("🗑 Delete now"), "delete_block.now", visit.place)
    return View("\n".join([ask, f"{outline.sign(block)} {words}", "", then]), [[button]], at.revision)


async def _delete(visit: Visit) -> Done:
    at = await drafts.load_block(visit)
    step = at.at.step.key
    await drafts.save(visit, partial(editing.delete_block, step=step, key=at.block.key))
    note = visit.say(
        "Block deleted from the draft. To undo, tap ↩ in the list of steps within 10 minutes, before you"
        " change anything else."
    )
    return Done(to="step", place=Place(visit.place.bot, code_of_key(step)), note=note)


SCREEN: Final = Screen(
    "delete_block",
    Scope.BLOCK,
    "block",
    lambda say: say("Delete"),
    "editor",
    load,
    view,
    {"now": Action("editor", _delete)},
)

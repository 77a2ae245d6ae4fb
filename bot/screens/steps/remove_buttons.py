"""Asks for confirmation before a block loses its buttons, and shows them."""

from functools import partial
from typing import Final

from bot.composing import content_from_message, drafts
from bot.composing.drafts import AtBlock
from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from bot.phrases import keyboards
from engine.core.campaign import editing
from engine.core.errors import NotFoundError


async def load(visit: Visit) -> AtBlock:
    at = await drafts.load_block(visit)
    if not content_from_message.kept_buttons(at.block):
        raise NotFoundError("This is no longer there: check the current list.")
    return at


def view(visit: Visit, at: AtBlock) -> View:
    say, rows = visit.say, content_from_message.kept_buttons(at.block)
    ask = say("Remove all buttons from block {number}?", number=at.number)
    button = Button(say.label("🗑 Remove buttons"), "remove_buttons.now", visit.place)
    return View(f"{ask}\n\n{keyboards.shown(rows)}", [[button]], at.revision)


async def _remove(visit: Visit) -> Done:
    at = await drafts.load_block(visit)
    change = partial(content_from_message.with_buttons, buttons=())
    await drafts.save(visit, partial(editing.change_block, step=at.at.step.key, key=at.block.key, change=change))
    return drafts.saved(visit)._replace(to="keyboard", place=visit.place)


SCREEN: Final = Screen(
    "remove_buttons",
    Scope.BLOCK,
    "keyboard",
    lambda say: say("Remove buttons"),
    "editor",
    load,
    view,
    {"now": Action("editor", _remove)},
)

"""The buttons under a block, written as lines: a line per row, with `;` between the buttons of a row."""

from functools import partial
from typing import Final

from bot.composing import content_from_message, drafts
from bot.composing.drafts import AtBlock, edits_block
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases import keyboards
from engine.administration.campaigns import Edit
from engine.core.campaign import editing
from engine.core.content import keyboard
from engine.core.content.model import Buttons


async def load(visit: Visit) -> AtBlock:
    return await drafts.load_block(visit)


def view(visit: Visit, at: AtBlock) -> View:
    say, here, rows = visit.say, visit.place, content_from_message.kept_buttons(at.block)
    if not rows:
        write = Button(say.label("✏ Write buttons"), "keyboard.write", here)
        stop = Button(say.label("🔕 Only “Stop reminders”"), "keyboard.stop", here)
        return View(say("No buttons yet."), [[write], [stop]], at.revision)
    change = Button(say.label("✏ Rewrite buttons"), "keyboard.write", here)
    remove = Button(say.label("🗑 Remove buttons"), "remove_buttons", here)
    return View(keyboards.shown(rows), [[change], [remove]], at.revision)


def _edit(at: AtBlock, rows: Buttons) -> Edit:
    change = partial(content_from_message.with_buttons, buttons=rows)
    return partial(editing.change_block, step=at.at.step.key, key=at.block.key, change=change)


def _stop(visit: Visit, at: AtBlock) -> Edit:
    return _edit(at, keyboards.only_stop(visit.say.label("🔕 Stop reminders")))


def _asks(visit: Visit) -> str:
    return visit.say(
        "Each line is a row of buttons. To put two buttons side by side, separate them with <code> ; </code>.\n"
        "<code>Buy | https://example.com</code> opens the link and counts clicks\n"
        "<code>Buy | https://example.com | direct</code> opens the link directly, without counting clicks\n"
        "<code>Talk to us | start:help</code> sends /start help to the bot\n"
        "<code>Coupon | copy:BACK10</code> copies a text\n"
        "<code>No more reminders | stop</code> cancels reminders for good"
    )


async def _take(visit: Visit, message: IncomingMessage) -> Done:
    at, rows = await drafts.load_block(visit), keyboards.parse(message.text)
    keyboard.check(rows)
    await drafts.save(visit, _edit(at, rows))
    return drafts.saved(visit)


SCREEN: Final = Screen(
    "keyboard",
    Scope.BLOCK,
    "block",
    lambda say: say("Buttons"),
    "editor",
    load,
    view,
    {"stop": Action("editor", edits_block(_stop))},
    {"write": Question("editor", _asks, _take)},
)

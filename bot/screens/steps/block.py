"""One block: how it will look, how it is sent, and its place in the step."""

from functools import partial
from typing import Final

from msgspec.structs import replace

from bot.composing import content_from_message, drafts, trials
from bot.composing.drafts import AtBlock, edits_block
from bot.framework.callbacks import code_of_key
from bot.framework.i18n import escaped
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import HOME, Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.administration.campaigns import Edit
from engine.core.campaign import checks, editing
from engine.core.campaign.snapshot import Block
from engine.core.content import model as contents
from engine.core.content import templates
from engine.core.content.model import Album, Content, Media, Poll, Text
from engine.core.delivery import rehearsal
from engine.core.roles import suffices
from engine.core.schedule import step_schedule

_SHOWN: Final = 1_500
"""Of longer texts only the beginning is shown, without formatting; 👁 shows the whole text."""


async def load(visit: Visit) -> AtBlock:
    return await drafts.load_block(visit)


def view(visit: Visit, at: AtBlock) -> View:
    return View(_text(visit, at), _buttons(visit, at.block), at.revision, "more" if visit.place.choice else "")


def _text(visit: Visit, at: AtBlock) -> str:
    say, block = visit.say, at.block
    step = at.at.step
    where = say("Block {number} of {count}", number=at.number, count=len(step.blocks))
    lines = [
        f"{outline.sign(block)} <b>{where}</b>",
        " · ".join([outline.kind(say, block.content), *outline.traits(say, block)]),
    ]
    if text := _text_of(block.content):
        shown = text if len(text) <= _SHOWN else escaped(outline.beginning(block, _SHOWN))
        lines += ["", f"<blockquote>{shown}</blockquote>" if "<blockquote" not in shown else shown]
    return "\n".join(lines)


def _text_of(content: Content) -> str:
    """How it will look, as HTML."""
    match content:
        case Text(text=text):
            return templates.to_html(text)
        case Media(caption=caption):
            return templates.to_html(caption)
        case Album(items=items):
            return "\n".join(templates.to_html(item.caption) for item in items if item.caption)
        case Poll(question=question, options=options):
            return "\n".join(escaped(line) for line in (question, *(f"○ {option}" for option in options)))


def _buttons(visit: Visit, block: Block) -> list[list[Button]]:
    say, here = visit.say, visit.place.within(Scope.BLOCK)
    look = Button(say.label("👁 See it in the bot"), "block.look", here)
    if not suffices(visit.admin.role(here.bot), "editor"):
        return [[look]]
    switch = Button(say.label("○ Turn off"), "block.off", here) if block.active else None
    buttons = [] if isinstance(block.content, Album) else [Button(say.label("🔘 Buttons"), "keyboard", here)]
    return [
        [look, Button(say.label("✏ Edit"), "block.change", here)],
        [*buttons, Button(say.label("✨ Effects"), "effects", here), Button(say.label("⏱ Delay"), "block.delay", here)],
        [
            Button("↑", "block.up", here),
            Button("↓", "block.down", here),
            Button(say.label("📑 Copy"), "block.copy", here),
        ],
        [switch or Button(say.label("● Turn on"), "block.on", here), Button("🗑", "delete_block", here)],
    ]


async def _look(visit: Visit) -> Done:
    at = await drafts.load_block(visit)
    return await trials.play(visit, rehearsal.preview([at.at.step], at.block.key))


def _move(by: int) -> Action:
    return Action("editor", edits_block(lambda _, at: partial(editing.move_block, step=_step(at), key=_key(at), by=by)))


def _switch(*, active: bool) -> Action:
    return Action("editor", edits_block(lambda _, at: _changed(at, active=active)))


def _changed(at: AtBlock, **values: object) -> Edit:
    def change(block: Block) -> Block:
        return replace(block, **values)

    return partial(editing.change_block, step=_step(at), key=_key(at), change=change)


def _copy(visit: Visit, at: AtBlock) -> Edit:
    return partial(editing.duplicate_block, step=_step(at), key=_key(at), new_key=drafts.new_key(visit, "b"))


def _asks_change(visit: Visit) -> str:
    return visit.say(
        "Send me the new content. Texts may contain <code>{{first_name|friend}}</code>,"
        " <code>{{username|friend}}</code> and <code>{{bot}}</code>. After | goes the text for people without a"
        " name."
    )


async def _take_change(visit: Visit, message: IncomingMessage) -> Done:
    """While the place's choice stands for an album, the rest of its files go into the same block."""
    at = await drafts.load_block(visit)
    content = await content_from_message.instead(at.block, message)
    stays = contents.kind(content) == contents.kind(at.block.content)
    await drafts.save(visit, _changed(at, content=content, languages=at.block.languages if stays else {}))
    place = visit.place._replace(choice=code_of_key(message.album) if message.album else 0)
    return Done(to="block", place=place, note=_of_languages(visit, at.block, stay=stays))


def _asks_more(visit: Visit) -> str:
    return visit.say("Send me the album's other files.")


async def _take_more(visit: Visit, message: IncomingMessage) -> Done:
    """A message that is not part of the album is not an answer, and leads home."""
    if not message.album or code_of_key(message.album) != visit.place.choice:
        return Done(to=HOME)
    at, change = await drafts.load_block(visit), await content_from_message.joined(message)
    await drafts.save(visit, partial(editing.change_block, step=_step(at), key=_key(at), change=change))
    return Done(note=_of_languages(visit, at.block, stay=True))


def _of_languages(visit: Visit, block: Block, *, stay: bool) -> str:
    """What happens to the language variants of a block whose content has changed: they cannot be edited here."""
    if not block.languages:
        return ""
    say, languages = visit.say, ", ".join(block.languages)
    if stay:
        return say(
            "⚠ People whose language is {languages} still get the old text in it. Change that in the campaign file.",
            languages=languages,
        )
    return say(
        "⚠ The version in {languages} has been removed: it was a different kind of message.", languages=languages
    )


def _asks_delay(visit: Visit) -> str:
    return visit.say(
        "How long after the previous block is it sent? Write <code>0s</code>, <code>5s</code> or"
        " <code>2m</code>. Until then people see that the bot is typing."
    )


async def _take_delay(visit: Visit, message: IncomingMessage) -> Done:
    at, delay_ms = await drafts.load_block(visit), step_schedule.parse_duration(message.text)
    checks.check_delay(delay_ms)
    await drafts.save(visit, _changed(at, delay_ms=delay_ms))
    return drafts.saved(visit)


def _step(at: AtBlock) -> str:
    return at.at.step.key


def _key(at: AtBlock) -> str:
    return at.block.key


SCREEN: Final = Screen(
    "block",
    Scope.BLOCK,
    "step",
    lambda say: say("Block"),
    "analyst",
    load,
    view,
    {
        "look": Action("analyst", _look, once=True, slow=True),
        "up": _move(-1),
        "down": _move(1),
        "on": _switch(active=True),
        "off": _switch(active=False),
        "copy": Action("editor", edits_block(_copy)),
    },
    {
        "change": Question("editor", _asks_change, _take_change),
        "more": Question("editor", _asks_more, _take_more),
        "delay": Question("editor", _asks_delay, _take_delay),
    },
)

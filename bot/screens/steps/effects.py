"""How a block is sent, and what happens to it later. A tap switches an effect to its next value."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from msgspec.structs import replace

from bot.composing import drafts
from bot.composing.drafts import AtBlock, edits_block
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.administration.campaigns import Edit
from engine.core.campaign import editing
from engine.core.campaign.snapshot import Block
from engine.core.content import checks
from engine.core.content import model as contents
from engine.core.content.model import After, Delete, Effects, Keep, Media, Text, Unbutton
from engine.core.schedule import step_schedule

Value = TypeVar("Value")

_ANIMATIONS: Final[dict[str | None, str]] = {
    None: "–",
    "5104841245755180586": "🔥",
    "5107584321108051014": "👍",
    "5159385139981059251": "❤️",
    "5046509860389126442": "🎉",
}
"""Telegram's ids of the message effects that are free for everyone."""
_PREVIEWS: Final = ("auto", "off", "small", "large", "above")
_OFF: Final = re.compile(r"0|-|off|nunca|never", re.IGNORECASE)


async def load(visit: Visit) -> AtBlock:
    return await drafts.load_block(visit)


def view(visit: Visit, at: AtBlock) -> View:
    say, block = visit.say, at.block
    traits = outline.traits(say, block)
    text = " · ".join(traits) if traits else say("No effects: an ordinary message that is not deleted.")
    return View(text, _rows(visit, block), at.revision)


def _rows(visit: Visit, block: Block) -> list[list[Button]]:
    say, here, effects = visit.say, visit.place, block.effects
    stays = step_schedule.write_duration(effects.delete_after_ms) if effects.delete_after_ms else say.label("never")
    returned, paid = outline.rule(say, effects.on_return), outline.rule(say, effects.on_payment)
    animation = _ANIMATIONS.get(effects.message_effect, "✨")
    return [
        [Button(_tick(say.label("Without sound"), on=effects.silent), "effects.silent", here)],
        [Button(_tick(say.label("No copying or forwarding"), on=effects.protect), "effects.protect", here)],
        [Button(say.label("Animation: {sign}", sign=animation), "effects.animation", here)],
        [Button(say.label("Delete after: {time}", time=stays), "effects.stay", here)],
        [Button(say.label("If they return: {rule}", rule=returned), "effects.returned", here)],
        [Button(say.label("If they pay: {rule}", rule=paid), "effects.paid", here)],
        *_of_content(visit, block),
    ]


def _of_content(visit: Visit, block: Block) -> list[list[Button]]:
    say, here = visit.say, visit.place
    match block.content:
        case Text(preview=preview):
            names = {
                "auto": say.label("automatic"),
                "off": say.label("none"),
                "small": say.label("small"),
                "large": say.label("large"),
                "above": say.label("above the text"),
            }
            return [[Button(say.label("Link preview: {how}", how=names[preview]), "effects.preview", here)]]
        case Media(kind=kind, spoiler=spoiler) if kind in contents.COVERABLE:
            return [[Button(_tick(say.label("Hidden by a spoiler"), on=spoiler), "effects.spoiler", here)]]
    return []


def _tick(label: str, *, on: bool) -> str:
    return f"{'✅' if on else '☐'} {label}"


def _next(values: Sequence[Value], now: Value) -> Value:
    return values[(values.index(now) + 1) % len(values)] if now in values else values[0]


def _rules(block: Block) -> tuple[After, ...]:
    """A replacement text is written in the campaign file; a tap removes it."""
    unbutton = (Unbutton(),) if contents.buttons(block.content) else ()
    return (Keep(), *unbutton, Delete())


def _silent(block: Block) -> Block:
    return _with(block, replace(block.effects, silent=not block.effects.silent))


def _protect(block: Block) -> Block:
    return _with(block, replace(block.effects, protect=not block.effects.protect))


def _animation(block: Block) -> Block:
    return _with(block, replace(block.effects, message_effect=_next(list(_ANIMATIONS), block.effects.message_effect)))


def _returned(block: Block) -> Block:
    return _with(block, replace(block.effects, on_return=_next(_rules(block), block.effects.on_return)))


def _paid(block: Block) -> Block:
    return _with(block, replace(block.effects, on_payment=_next(_rules(block), block.effects.on_payment)))


def _preview(block: Block) -> Block:
    content = block.content
    if not isinstance(content, Text):
        return block
    return replace(block, content=replace(content, preview=_next(_PREVIEWS, content.preview)))


def _spoiler(block: Block) -> Block:
    content = block.content
    return (
        replace(block, content=replace(content, spoiler=not content.spoiler)) if isinstance(content, Media) else block
    )


def _with(block: Block, effects: Effects) -> Block:
    return replace(block, effects=effects)


def _switches(change: Callable[[Block], Block]) -> Action:
    return Action("editor", edits_block(lambda _, at: _edit(at, change)))


def _edit(at: AtBlock, change: Callable[[Block], Block]) -> Edit:
    return partial(editing.change_block, step=at.at.step.key, key=at.block.key, change=change)


def _asks_stay(visit: Visit) -> str:
    return visit.say("How long until the message is deleted? Write <code>2h</code> or <code>1d</code>; 0 to keep it.")


async def _take_stay(visit: Visit, message: IncomingMessage) -> Done:
    at = await drafts.load_block(visit)
    after_ms = None if _OFF.fullmatch(message.text.strip()) else step_schedule.parse_duration(message.text)
    if after_ms is not None:
        checks.check_delete_after(after_ms)
    await drafts.save(visit, _edit(at, lambda block: _with(block, replace(block.effects, delete_after_ms=after_ms))))
    return drafts.saved(visit)


SCREEN: Final = Screen(
    "effects",
    Scope.BLOCK,
    "block",
    lambda say: say("Effects"),
    "editor",
    load,
    view,
    {
        "silent": _switches(_silent),
        "protect": _switches(_protect),
        "animation": _switches(_animation),
        "returned": _switches(_returned),
        "paid": _switches(_paid),
        "preview": _switches(_preview),
        "spoiler": _switches(_spoiler),
    },
    {"stay": Question("editor", _asks_stay, _take_stay)},
)

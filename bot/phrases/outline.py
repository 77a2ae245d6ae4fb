"""A block in a few words, so that admins recognise it: its kind, how its text begins, and its effects."""

from collections.abc import Iterator
from typing import Final

from bot.framework.i18n import Translator
from engine.core.campaign.forecast import PlannedStep
from engine.core.campaign.snapshot import Block
from engine.core.content import model as contents
from engine.core.content import preview
from engine.core.content.model import After, Album, Content, Delete, Effects, Keep, Replace, Unbutton
from engine.core.schedule import step_schedule
from engine.core.schedule.step_schedule import OnDay, Schedule

_SIGNS: Final = {
    "text": "💬",
    "photo": "🖼",
    "video": "🎬",
    "animation": "🎞",
    "audio": "🎵",
    "voice": "🎤",
    "video_note": "⏺",
    "document": "📎",
    "sticker": "😀",
    "album": "🗂",
    "poll": "📊",
}


def sign(block: Block) -> str:
    return _SIGNS[contents.kind(block.content)]


def beginning(block: Block, longest: int) -> str:
    """How its text begins, on one line and without formatting; "" without a text."""
    return preview.beginning(block.content, longest)


def when(say: Translator, planned: PlannedStep, zone: str) -> str:
    """When a step is due, with a note if it would be skipped because that is outside sending hours."""
    moment = say.moment(planned.due_ms, zone)
    return say("{moment} (skipped: outside sending hours)", moment=moment) if planned.outside else moment


def kind(say: Translator, content: Content) -> str:
    """The name of its kind."""
    names = {
        "text": say.label("text"),
        "photo": say.label("photo"),
        "video": say.label("video"),
        "animation": say.label("animation"),
        "audio": say.label("audio"),
        "voice": say.label("voice message"),
        "video_note": say.label("video note"),
        "document": say.label("document"),
        "sticker": say.label("sticker"),
        "album": say.label("album"),
        "poll": say.label("poll"),
    }
    return names[contents.kind(content)]


def traits(say: Translator, block: Block) -> list[str]:
    """What matters beside its text, as HTML."""
    return [*_around(say, block), *_effects(say, block.effects)]


def _around(say: Translator, block: Block) -> Iterator[str]:
    if not block.active:
        yield say("off")
    if block.delay_ms:
        yield say("after {time}", time=step_schedule.write_duration(block.delay_ms))
    if isinstance(block.content, Album):
        yield say.count("{number} file", "{number} files", len(block.content.items))
    if count := sum(map(len, contents.buttons(block.content))):
        yield say.count("{number} button", "{number} buttons", count)
    if block.languages:
        yield say("also in {languages}", languages=", ".join(block.languages))


def _effects(say: Translator, effects: Effects) -> Iterator[str]:
    if effects.delete_after_ms is not None:
        yield say("delete after {time}", time=step_schedule.write_duration(effects.delete_after_ms))
    if effects.silent:
        yield say("without sound")
    if effects.protect:
        yield say("no copying or forwarding")
    if effects.message_effect is not None:
        yield say("with an animation")
    if effects.on_return != Keep():
        yield say("if they return: {rule}", rule=rule(say, effects.on_return))
    if effects.on_payment != Keep():
        yield say("if they pay: {rule}", rule=rule(say, effects.on_payment))


def rule(say: Translator, after: After) -> str:
    """What happens to the message later."""
    match after:
        case Keep():
            return say.label("keep it")
        case Delete():
            return say.label("delete it")
        case Unbutton():
            return say.label("remove its buttons")
        case Replace():
            return say.label("change its text")


def schedule_words(say: Translator, when: Schedule) -> str:
    """As an admin would write it."""
    if isinstance(when, OnDay) and when.days == 1:
        return say.label("tomorrow {time}", time=f"{when.hour:02}:{when.minute:02}")
    written = step_schedule.write(when)
    return say.label("right away") if written == "now" else written

"""How a chat shows a message. Pure."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from bench.questions.message_kinds.composed import TRACKED
from bench.questions.message_kinds.shape import Label, Mark, PollShape, Shape
from bench.sandbox.protocol import TranscriptMedia, TranscriptMessage


def message_sets(messages: Iterable[TranscriptMessage]) -> list[list[TranscriptMessage]]:
    """The bot's messages; those of an album are one set."""
    sent = (message for message in messages if message.from_bot)
    return [list(those) for _, those in groupby(sent, lambda one: one.album or f"{one.message_id}")]


def arrived(message: TranscriptMessage, hashes: Mapping[str, str], links: str | None) -> Shape:
    """`hashes`: of the files in the chats, by their unique ids. `links`: the beginning of tracked addresses."""
    return Shape(
        message.media.kind if message.media else "text",
        hashes.get(message.media.file_unique_id, "") if message.media else "",
        _words(message),
        tuple(map(_mark, message.entities)),
        above=message.caption_above,
        spoiler=bool(message.media and message.media.spoiler),
        silent=message.silent,
        protected=message.protected,
        effect=message.effect_id,
        preview="+".join(name for name, is_on in (message.link_preview or {}).items() if is_on) or None,
        buttons=_labels(message.reply_markup or {}, links),
        question=_question(message.media),
    )


def _words(message: TranscriptMessage) -> str:
    poll = message.media.poll if message.media else None
    return str(poll["question"]) if poll else message.text or ""


def _mark(entity: Mapping[str, Any]) -> Mark:
    return entity["type"], entity["offset"], entity["length"], entity.get("url", "")


def _labels(markup: Mapping[str, Any], links: str | None) -> tuple[tuple[Label, ...], ...]:
    return tuple(tuple(_label(button, links) for button in row) for row in markup.get("inline_keyboard", ()))


def _label(button: Mapping[str, Any], links: str | None) -> Label:
    return button["text"], button.get("style"), *_target(button, links)


def _target(button: Mapping[str, Any], links: str | None) -> tuple[str, str]:
    if "callback_data" in button:
        return "tap", button["callback_data"]
    if "copy_text" in button:
        return "copy", button["copy_text"]["text"]
    url = str(button.get("url", ""))
    return "url", TRACKED if links and url.startswith(links) else url


def _question(media: TranscriptMedia | None) -> PollShape | None:
    poll = media.poll if media else None
    if poll is None:
        return None
    return PollShape(
        tuple(option["text"] for option in poll["options"]),
        poll["allows_multiple_answers"],
        poll["is_anonymous"],
        tuple(poll.get("correct_option_ids", ())),
        poll.get("explanation", ""),
    )

"""A chat and its messages as the control port shows them."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import msgspec

from bench.sandbox import protocol
from bench.sandbox.world.conversation import Conversation, Query
from bench.sandbox.world.media_messages import MediaMessage, shown
from bench.sandbox.world.objects import Entity, Message
from bench.sandbox.world.retention import Stored


def transcript_of(conversation: Conversation, stored: Iterable[Stored], now_ms: int) -> protocol.Transcript:
    messages, taps = [transcribed(one) for one in stored], [_tap(one) for one in conversation.taps]
    activity = conversation.activity
    action = activity.action if activity and activity.until_ms > now_ms else None
    unmodelled = [protocol.Unmodelled(*one) for one in conversation.unmodelled]
    thinned = conversation.messages.thinned
    return protocol.Transcript(
        conversation.relation, messages, taps, action, thinned, conversation.keyboard, unmodelled
    )


def _tap(query: Query) -> protocol.Tap:
    asked, answer = (query.id, query.message_id, query.data, query.at_ms), query.answer
    return protocol.Tap(*asked, *answer) if answer else protocol.Tap(*asked)


def transcribed(stored: Stored) -> protocol.TranscriptMessage:
    message = stored.message
    text, entities = _words(message)
    reply = message.reply_to_message
    return protocol.TranscriptMessage(
        message.message_id,
        stored.at_ms,
        message.date,
        from_bot=message.sender.is_bot,
        text=text,
        edit_date=message.edit_date,
        entities=msgspec.to_builtins(entities),
        reply_markup=msgspec.json.decode(message.reply_markup) if message.reply_markup else None,
        paid=message.successful_payment.total_amount if message.successful_payment else None,
        deleted=stored.deleted,
        reply_to=reply.message_id if reply else None,
        silent=stored.silent,
        protected=message.has_protected_content,
        effect_id=message.effect_id,
        link_preview=message.link_preview_options,
        edited_ms=stored.edited_ms,
        deleted_ms=stored.deleted_ms,
        **_media_fields(message),
    )


def _words(message: Message) -> tuple[str | None, tuple[Entity, ...]]:
    if isinstance(message, MediaMessage):
        return message.caption, message.caption_entities
    return message.text, message.entities


def _media_fields(message: Message) -> dict[str, Any]:
    if not isinstance(message, MediaMessage):
        return {}
    return {
        "media": _media(message),
        "album": message.media_group_id,
        "caption": message.caption is not None,
        "caption_above": message.show_caption_above_media,
    }


def _media(message: MediaMessage) -> protocol.TranscriptMedia | None:
    if message.poll is not None:
        return protocol.TranscriptMedia("poll", poll=msgspec.to_builtins(message.poll))
    found = shown(message)
    if found is None:
        return None
    kind, seen = found
    return protocol.TranscriptMedia(
        kind,
        seen.file_unique_id,
        getattr(seen, "file_name", None),
        getattr(seen, "mime_type", None),
        seen.file_size,
        getattr(seen, "width", None) or getattr(seen, "length", None),
        getattr(seen, "height", None) or getattr(seen, "length", None),
        getattr(seen, "duration", None),
        message.has_media_spoiler,
    )


def next_from_bot(conversation: Conversation, after: int) -> Stored | None:
    """Find the bot's first message after the given one, from the newest back, because it is usually recent."""
    newer = takewhile(lambda stored: stored.message.message_id > after, reversed(conversation.messages.values()))
    return next((stored for stored in reversed([*newer]) if stored.message.sender.is_bot), None)

"""What an answer of the Bot API means for the caller.

The table of Telegram's error texts (gone, content refused, file refused, retry) is in `engine.core.delivery.outcome`.
"""

import re
from collections.abc import Mapping
from typing import Final, assert_never

import msgspec

from engine.core.content.model import Asset, MediaKind, TelegramFile
from engine.core.delivery.outcome import Outcome, Rejected, Sent, Unknown, not_sent, of_refusal, of_unreadable
from engine.telegram.exchange import NeverLeft, NoAnswer
from engine.telegram.refused_call import UNREADABLE
from engine.telegram.session import Accepted, Answer, ApiError, Unreadable


class _Message(msgspec.Struct):
    message_id: int


class _File(msgspec.Struct):
    file_id: str


class _Size(msgspec.Struct):
    file_id: str
    width: int
    height: int


class _Carrier(msgspec.Struct):
    """A message with a file. One with an animation names it as a document, too."""

    photo: list[_Size] = []
    video: _File | None = None
    animation: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    video_note: _File | None = None
    sticker: _File | None = None
    document: _File | None = None


_DONE_BEFORE: Final = re.compile("bad request: (?:message to delete not found|message is not modified(?:: .*)?)")
_KINDS: Final[tuple[MediaKind, ...]] = (
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "sticker",
    "document",
)
"""All that have one size. A document comes last: it may be the other name of an animation."""
_messages: Final = msgspec.json.Decoder(_Message | list[_Message]).decode
_carriers: Final = msgspec.json.Decoder(_Carrier | list[_Carrier]).decode


def of_send(answer: Answer, attempts: int) -> Outcome:
    """An unreadable success was delivered, but its message id is not known."""
    if not isinstance(answer, Accepted):
        return of_failure(answer, attempts)
    try:
        found = _messages(answer.result)
    except UNREADABLE:
        return Unknown("unreadable success")
    messages = found if isinstance(found, list) else [found]
    return Sent(tuple(message.message_id for message in messages))


def of_deed(answer: Answer, message_ids: tuple[int, ...]) -> Outcome:
    """For a deletion, an edit or a chat action: one that was done before counts as done."""
    if isinstance(answer, Accepted):
        return Sent(message_ids)
    outcome = of_failure(answer, attempts=1)
    done_before = isinstance(outcome, Rejected) and bool(_DONE_BEFORE.fullmatch(outcome.detail.lower()))
    return Sent(message_ids) if done_before else outcome


def of_failure(answer: ApiError | Unreadable | NeverLeft | NoAnswer, attempts: int) -> Outcome:
    match answer:
        case ApiError(code, description, retry_after_s):
            return of_refusal(code, description, retry_after_s, attempts)
        case Unreadable(status, retry_after_s):
            return of_unreadable(status, retry_after_s, attempts)
        case NeverLeft():
            return not_sent(attempts)
        case NoAnswer(why):
            return Unknown(why)
        case _:
            assert_never(answer)


def taken_files(result: msgspec.Raw, assets: tuple[Asset, ...]) -> Mapping[Asset, TelegramFile]:
    """The files that were sent, as far as Telegram names them: under whatever kind it took them for.

    An item of an album is kept as what it was sent as, because as that the album took it.
    """
    try:
        found = _carriers(result)
    except UNREADABLE:
        return {}
    if isinstance(found, list):
        pairs = zip(assets, found, strict=False)
        return {asset: file._replace(kind=asset.kind) for asset, carrier in pairs if (file := _carried(carrier))}
    file = _carried(found)
    return {assets[0]: file} if file else {}


def _carried(carrier: _Carrier) -> TelegramFile | None:
    if carrier.photo:
        return TelegramFile("photo", max(carrier.photo, key=lambda size: size.width * size.height).file_id)
    files = ((kind, getattr(carrier, kind)) for kind in _KINDS)
    return next((TelegramFile(kind, file.file_id) for kind, file in files if file), None)

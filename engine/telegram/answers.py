"""What an answer of the Bot API means for the caller.

The table of Telegram's error texts (gone, content refused, file refused, retry) is in `engine.core.delivery.outcome`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, assert_never

import msgspec

from engine.core.content.model import Asset
from engine.core.delivery.outcome import Outcome, Rejected, Sent, Unknown, not_sent, of_refusal, of_unreadable
from engine.telegram.session import Accepted, Answer, ApiError, NeverLeft, NoAnswer, Unreadable


class _Message(msgspec.Struct):
    message_id: int


class _File(msgspec.Struct):
    file_id: str


class _Size(msgspec.Struct):
    file_id: str
    width: int
    height: int


class _Carrier(msgspec.Struct):
    """A message with a file."""

    photo: list[_Size] = []
    video: _File | None = None
    animation: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    video_note: _File | None = None
    document: _File | None = None
    sticker: _File | None = None


_DONE_BEFORE: Final = re.compile("bad request: (?:message to delete not found|message is not modified(?:: .*)?)")
_messages: Final = msgspec.json.Decoder(_Message | list[_Message]).decode
_carriers: Final = msgspec.json.Decoder(_Carrier | list[_Carrier]).decode


def of_send(answer: Answer, attempts: int) -> Outcome:
    """An unreadable success was delivered, but its message id is not known."""
    if not isinstance(answer, Accepted):
        return of_failure(answer, attempts)
    try:
        found = _messages(answer.result)
    except msgspec.DecodeError:
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


def file_ids(result: msgspec.Raw, assets: tuple[Asset, ...]) -> Mapping[Asset, str]:
    """The file ids under which Telegram keeps what was sent, as far as it gives them."""
    try:
        found = _carriers(result)
    except msgspec.DecodeError:
        return {}
    carriers = found if isinstance(found, list) else [found]
    return dict(_named(carriers, assets))


def _named(carriers: list[_Carrier], assets: tuple[Asset, ...]) -> Iterator[tuple[Asset, str]]:
    """A file that Telegram took for another kind has no file id that works again for this one."""
    for asset, carrier in zip(assets, carriers, strict=False):
        file = _biggest(carrier.photo) if asset.kind == "photo" else getattr(carrier, asset.kind)
        if file is not None:
            yield asset, file.file_id


def _biggest(sizes: list[_Size]) -> _Size | None:
    return max(sizes, key=lambda size: size.width * size.height, default=None)

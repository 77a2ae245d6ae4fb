"""Who sent an update, read from the few fields that say so, before anything more is made of it."""

from typing import Annotated, Final, NamedTuple

import msgspec
from aiogram.enums import UpdateType

from engine.core.payment import MAX_CHAT

WANTED: Final = (UpdateType.MESSAGE, UpdateType.CALLBACK_QUERY)
"""The kinds of updates that the manager asks for."""
_PRIVATE: Final = "private"


class Sender(NamedTuple):
    """A person in their private chat. `said` is the text of their message, or the data of the button they pressed."""

    person: int
    chat: int
    language_code: str | None = None
    said: str = ""
    taps: bool = False


class _User(msgspec.Struct):
    id: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHAT)]
    is_bot: bool = False
    language_code: str | None = None


class _Chat(msgspec.Struct):
    id: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    type: str


class _Message(msgspec.Struct, rename={"sender": "from"}):
    chat: _Chat
    sender: _User | None = None
    text: str = ""


class _Shown(msgspec.Struct):
    chat: _Chat


class _Tap(msgspec.Struct, rename={"sender": "from"}):
    sender: _User
    data: str = ""
    message: _Shown | None = None


class _Update(msgspec.Struct):
    message: _Message | None = None
    callback_query: _Tap | None = None


_decode: Final = msgspec.json.Decoder(_Update).decode


def read_sender(update: bytes) -> Sender | None:
    """None for a bot, and for whatever comes from a group, a channel or an inline message. Raises UNREADABLE."""
    read = _decode(update)
    if (tap := read.callback_query) is not None:
        return _person(tap.sender, tap.message.chat if tap.message else None, tap.data, taps=True)
    if (message := read.message) is not None:
        return _person(message.sender, message.chat, message.text, taps=False)
    return None


def _person(user: _User | None, chat: _Chat | None, said: str, *, taps: bool) -> Sender | None:
    if user is None or user.is_bot or chat is None or chat.type != _PRIVATE:
        return None
    return Sender(user.id, chat.id, user.language_code, said, taps)

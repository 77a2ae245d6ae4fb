"""Bots, people, and what a person does in the chat with a bot."""

from typing import Annotated, Literal

import msgspec

Deed = Literal[
    "start",
    "write",
    "edit",
    "tap",
    "pay",
    "checkout",
    "vote",
    "react",
    "renew",
    "buy_media",
    "share_location",
    "move",
    "inline_query",
    "tap_in_group",
    "vote_elsewhere",
    "block",
    "unblock",
    "delete_account",
    "send_photo",
    "send_video",
    "send_animation",
    "send_audio",
    "send_voice",
    "send_video_note",
    "send_document",
    "send_sticker",
]
LANGUAGE = "pt-br"
LanguageCode = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[a-z0-9]{2,8})*$", max_length=35)]
FirstName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class BotInfo(msgspec.Struct, frozen=True):
    id: int
    username: str
    token: str


class NewBot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: str | None = None


class NewBots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class NewPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People take the languages and the names in turn; without names they get the sandbox's own.

    Telegram requires a first name. People who want to show none use an invisible character such as U+3164.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    languages: Annotated[tuple[LanguageCode, ...], msgspec.Meta(min_length=1, max_length=100)] = (LANGUAGE,)
    names: Annotated[tuple[FirstName, ...], msgspec.Meta(max_length=100)] = ()


class PersonInfo(msgspec.Struct, frozen=True):
    id: int
    first_name: str
    username: str
    language_code: str = LANGUAGE


class Act(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person does in the chat with a bot; `bot` is a username or an id.

    `payload` belongs to start, pay, renew, checkout and buy_media, `data` to the taps, and `amount`, in Stars, to pay,
    renew and checkout. `options` are the positions of the options to vote for. `text` is also the emoji of a reaction
    and the words of an inline query. `message_id` belongs to edit, tap, vote, react and move; without it the last
    message that fits is taken or, with `old`, the first.
    """

    deed: Deed
    bot: int | str
    person: int
    text: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    payload: str = ""
    message_id: int | None = None
    data: str | None = None
    amount: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 1
    options: tuple[int, ...] = ()
    file: bytes = b""
    name: str = ""
    album: str = ""
    old: bool = False


class ActResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """When it was done and which update reports it; or, in `error`, why it was not done."""

    at_ms: int
    date: int
    update_id: int | None = None
    message_id: int | None = None
    error: str | None = None

"""Chats as the page and other programs see them."""

from typing import Any, Literal

import msgspec

from bench.sandbox.protocol.people import PersonInfo


class TranscriptMedia(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message shows; its bytes are at `/media/{file_unique_id}`. A poll has no file but stands in `poll`."""

    kind: str
    file_unique_id: str = ""
    name: str | None = None
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    spoiler: bool = False
    poll: dict[str, Any] | None = None


class TranscriptMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """If `caption` is true, `text` is the caption. Messages with the same `album` belong together.

    `edited_ms` is the time of the last edit. Of a thinned message the times of edits and of deletion are forgotten.
    """

    message_id: int
    at_ms: int
    date: int
    from_bot: bool
    text: str | None = None
    edit_date: int | None = None
    entities: list[dict[str, Any]] = []
    reply_markup: dict[str, Any] | None = None
    paid: int | None = None
    deleted: bool = False
    media: TranscriptMedia | None = None
    album: str | None = None
    caption: bool = False
    caption_above: bool = False
    reply_to: int | None = None
    silent: bool = False
    protected: bool = False
    effect_id: str | None = None
    link_preview: dict[str, Any] | None = None
    edited_ms: int | None = None
    deleted_ms: int | None = None


class Tap(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button that the person tapped; without `answered_ms` it still waits for the bot's answer."""

    id: str
    message_id: int
    data: str
    at_ms: int
    answered_ms: int | None = None
    text: str = ""
    url: str = ""
    alert: bool = False


class Unmodelled(msgspec.Struct, frozen=True):
    """A call that the sandbox does not model: the bot got an invented answer after the message `after`."""

    method: str
    at_ms: int
    after: int


class Transcript(msgspec.Struct, frozen=True):
    """`taps` are the latest few; `chat_action` is what the bot shows that it is doing, such as `typing`.

    `thinned` counts older messages that are not listed because the sandbox no longer keeps their content. `keyboard` is
    what is beneath the text field: rows of buttons, as the bot gave them.
    """

    relation: str
    messages: list[TranscriptMessage]
    taps: list[Tap] = []
    chat_action: str | None = None
    thinned: int = 0
    keyboard: dict[str, Any] = {}
    unmodelled: list[Unmodelled] = []


class CastPerson(msgspec.Struct, frozen=True):
    """A person in the list under a bot, with the last message of the chat.

    `last_kind` is None for a text, else `deleted`, `payment` or the kind of media.
    """

    id: int
    first_name: str
    username: str
    relation: str
    messages: int
    last_ms: int | None
    last_text: str | None
    last_kind: str | None
    last_from_bot: bool


class CastBot(msgspec.Struct, frozen=True):
    """A bot and the people who met it, the latest first; `more` counts the people who are not listed."""

    id: int
    username: str
    name: str
    people: list[CastPerson]
    more: int


class EngineView(msgspec.Struct, frozen=True):
    """What the engine behind the bot says of a chat, in its own words, or in `detail` why it says nothing."""

    state: Literal["connected", "asked", "not_connected", "unreachable", "unknown_bot"]
    standing: dict[str, Any] | None = None
    detail: str = ""


class Command(msgspec.Struct, frozen=True):
    command: str
    description: str


class Snapshot(msgspec.Struct, frozen=True):
    """A watched chat as it is now; `earlier` counts the messages before those of the transcript.

    `commands` are those that the bot shows to this person. `exchanged` is the number of the latest request about the
    chat: when it changes there is another exchange to read.
    """

    bot_id: int
    person: PersonInfo
    transcript: Transcript
    earlier: int
    engine: EngineView
    commands: list[Command] = []
    exchanged: int = 0

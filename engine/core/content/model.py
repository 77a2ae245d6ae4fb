"""What a block says, as data: one message of Telegram, or one album, with its buttons.

Everything that people read is a template (see `templates`), and so is the text that a button copies. Texts, captions
and replacements are Telegram's HTML; labels, texts to copy and a poll's words are plain. `checks` says what can be
sent, `rendering` makes of it what one person gets.

Media are named by the hash of their bytes: the same bytes as a photo and as a document are two assets, because Telegram
keeps them apart.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

MediaKind: TypeAlias = Literal["photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker"]
ItemKind: TypeAlias = Literal["photo", "video", "audio", "document"]
Style: TypeAlias = Literal["danger", "success", "primary"]
Preview: TypeAlias = Literal["auto", "off", "small", "large", "above"]
"""How the preview of a text's first link looks: `above` puts it above the text."""

CAPTIONED: Final = frozenset({"photo", "video", "animation", "audio", "voice", "document"})
COVERABLE: Final = frozenset({"photo", "video", "animation"})
"""Kinds that can be hidden under a spoiler, and may have their caption above."""


class Asset(NamedTuple):
    """`sha256` in hex."""

    kind: MediaKind
    sha256: str


class TelegramFile(NamedTuple):
    """What a bot sends instead of an asset's bytes: a file id, and the kind that Telegram took the file for."""

    kind: MediaKind
    file_id: str


class UrlButton(Struct, tag="url", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Opens an address.

    `tracked`: through the receiver, so that the tap is counted and is a sign of life. That works for web addresses
    only; an address within Telegram (tg://) is opened as it is.
    """

    text: str
    url: str
    tracked: bool = True
    style: Style | None = None


class StartButton(Struct, tag="start", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Sends the bot `/start <payload>` in the person's name."""

    text: str
    payload: str
    style: Style | None = None


class CopyButton(Struct, tag="copy", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Copies `copy`, filled in, to the person's clipboard."""

    text: str
    copy: str
    style: Style | None = None


STOP: Final = "recovery:stop"
"""The data of a stop button. It affects only the person who taps, for whom Telegram vouches: it needs no signature."""


class StopButton(Struct, tag="stop", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Ends this bot's reminders for good."""

    text: str
    style: Style | None = None


Button: TypeAlias = UrlButton | StartButton | CopyButton | StopButton
Buttons: TypeAlias = tuple[tuple[Button, ...], ...]
"""Rows of buttons, as they appear under the message."""


class Text(Struct, tag="text", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    text: str
    preview: Preview = "auto"
    buttons: Buttons = ()


class Media(Struct, tag="media", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One file. `above`: the caption stands above it."""

    kind: MediaKind
    sha256: str
    caption: str = ""
    above: bool = False
    spoiler: bool = False
    buttons: Buttons = ()


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One file of an album."""

    kind: ItemKind
    sha256: str
    caption: str = ""
    spoiler: bool = False


class Album(Struct, tag="album", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Telegram gives an album no buttons."""

    items: tuple[Item, ...]
    above: bool = False


class Poll(Struct, tag="poll", tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`correct` makes it a quiz: the index of the right option, from 0."""

    question: str
    options: tuple[str, ...]
    multiple: bool = False
    anonymous: bool = True
    correct: int | None = None
    explanation: str = ""
    buttons: Buttons = ()


Content: TypeAlias = Text | Media | Album | Poll


class Keep(Struct, tag="keep", tag_field="do", frozen=True, forbid_unknown_fields=True):
    """The message stays as it is."""


class Unbutton(Struct, tag="unbutton", tag_field="do", frozen=True, forbid_unknown_fields=True):
    """The message loses its buttons."""


class Replace(Struct, tag="replace", tag_field="do", frozen=True, forbid_unknown_fields=True):
    """The message gets another text or caption and loses its buttons. In an album, the first file's caption changes."""

    text: str


class Delete(Struct, tag="delete", tag_field="do", frozen=True, forbid_unknown_fields=True):
    """The message is deleted, if it is younger than 48 h."""


After: TypeAlias = Keep | Unbutton | Replace | Delete


class Effects(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a message goes out, and what happens to it later. `message_effect` is Telegram's id of an animation."""

    delete_after_ms: int | None = None
    silent: bool = False
    protect: bool = False
    message_effect: str | None = None
    on_return: After = Keep()
    on_payment: After = Keep()


def assets(content: Content) -> tuple[Asset, ...]:
    """The files that the content needs, in order."""
    match content:
        case Media(kind=kind, sha256=sha256):
            return (Asset(kind, sha256),)
        case Album(items=items):
            return tuple(Asset(item.kind, item.sha256) for item in items)
        case _:
            return ()


def buttons(content: Content) -> Buttons:
    return () if isinstance(content, Album) else content.buttons


def is_tracked(button: UrlButton) -> bool:
    return button.tracked and button.url.partition(":")[0].lower() in ("http", "https")


def kind(content: Content) -> str:
    """The word people use for it: a text, a photo, an album."""
    match content:
        case Text():
            return "text"
        case Media(kind=sort):
            return sort
        case Album():
            return "album"
        case Poll():
            return "poll"


def messages(content: Content) -> int:
    """How many messages Telegram counts for it."""
    return len(content.items) if isinstance(content, Album) else 1

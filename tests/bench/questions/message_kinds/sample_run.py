"""A small run for the tests of the judge: one bot, two people, a text, a photo that is deleted, and an album."""

from typing import Any, Final

from msgspec.structs import replace

from bench.harness.delivery_counts import Chat, Delivery
from bench.questions.message_kinds.composed import NAMELESS, Guest
from bench.questions.message_kinds.judge import Comeback, Evidence
from bench.sandbox.protocol import Row, TranscriptMedia, TranscriptMessage
from engine.core.campaign.snapshot import Block
from engine.core.content.model import Album, Delete, Effects, Item, Media, Text, Unbutton, UrlButton

BOT: Final = 7
ANA: Final[Chat] = (BOT, 11)
NOBODY: Final[Chat] = (BOT, 12)
START_MS: Final = 1_000_000
EFFECT: Final = "5104841245755180586"
PHOTO, FIRST, SECOND = "a" * 64, "b" * 64, "c" * 64

HELLO: Final = Block(
    "hello",
    Text("Oi, <b>{first_name|amigo}</b>", buttons=((UrlButton("Ver", "https://example.com/pt"),),)),
    effects=Effects(on_return=Unbutton()),
    languages={"en": Text("Hi, <b>{first_name|friend}</b>", preview="off")},
)
PICTURE: Final = Block(
    "picture",
    Media("photo", PHOTO, "Olha", above=True, spoiler=True),
    delay_ms=2_000,
    effects=Effects(delete_after_ms=4_000, silent=True),
)
PAIR: Final = Block(
    "pair",
    Album((Item("document", FIRST), Item("document", SECOND, "Tudo"))),
    effects=Effects(protect=True, message_effect=EFFECT, on_return=Delete()),
)
BLOCKS: Final = (HELLO, PICTURE, PAIR)
HASHES: Final = {"photo": PHOTO, "one": FIRST, "two": SECOND}


def message(message_id: int, text: str | None, after_ms: int, **more: Any) -> TranscriptMessage:
    at_ms = START_MS + after_ms
    return TranscriptMessage(message_id, at_ms, at_ms // 1_000, from_bot=True, text=text, **more)


def media(kind: str, name: str, **more: Any) -> TranscriptMedia:
    return TranscriptMedia(kind, name, **more)


def chat(hello: TranscriptMessage) -> list[TranscriptMessage]:
    """What a chat shows at the end: the text, the deleted photo and the album."""
    together: dict[str, Any] = {"album": "1", "protected": True, "effect_id": EFFECT}
    return [
        TranscriptMessage(1, START_MS, START_MS // 1_000, from_bot=False, text="/start"),
        hello,
        message(
            3,
            "Olha",
            2_000,
            media=media("photo", "photo", spoiler=True),
            caption=True,
            caption_above=True,
            silent=True,
            deleted=True,
            deleted_ms=START_MS + 6_300,
        ),
        message(4, None, 3_000, media=media("document", "one"), **together),
        message(5, "Tudo", 3_000, media=media("document", "two"), caption=True, **together),
    ]


def hello_in_portuguese() -> TranscriptMessage:
    bold = [{"type": "bold", "offset": 4, "length": 3}]
    keyboard = {"inline_keyboard": [[{"text": "Ver", "url": "https://example.com/pt"}]]}
    return message(2, "Oi, Ana", 0, entities=bold, reply_markup=keyboard)


def hello_in_english(name: str = "friend") -> TranscriptMessage:
    bold = [{"type": "bold", "offset": 4, "length": len(name)}]
    return message(2, f"Hi, {name}", 0, entities=bold, link_preview={"is_disabled": True})


def good() -> Evidence:
    """Everything is as composed: one person reads Portuguese, one English and has no name; neither recomebacks."""
    people = (ANA, NOBODY)
    return Evidence(
        guests={ANA: Guest("Ana", "ana", "pt-br", "shop_bot"), NOBODY: Guest(NAMELESS, "no", "en", "shop_bot")},
        comebacks={},
        chats={ANA: chat(hello_in_portuguese()), NOBODY: chat(hello_in_english())},
        deliveries={
            (person, key): Delivery("sent", ids, deleted=key == "picture", edited=False)
            for person in people
            for key, ids in (("hello", (2,)), ("picture", (3,)), ("pair", (4, 5)))
        },
        hashes=HASHES,
        rows=[row for person in people for row in rows(person, first=person == ANA)],
        violations=[],
    )


def rows(person: Chat, *, first: bool) -> list[Row]:
    """What the sandbox recorded of a chat; the first one's messages carry the files."""
    sent = [("sendMessage", 0), ("sendChatAction", 0), ("sendPhoto", int(first)), ("sendMediaGroup", 2 * first)]
    return [
        Row(0, person[0], method, START_MS, chat_id=person[1], ok=True, uploads=uploads) for method, uploads in sent
    ]


def changed(seen: Evidence, place: int, **more: Any) -> Evidence:
    """The same run with one of Ana's messages changed."""
    messages = list(seen.chats[ANA])
    messages[place] = replace(messages[place], **more)
    return with_messages(seen, messages)


def with_messages(seen: Evidence, messages: list[TranscriptMessage]) -> Evidence:
    return seen._replace(chats={**seen.chats, ANA: messages})


def with_delivery(seen: Evidence, key: str, **more: Any) -> Evidence:
    deliveries = dict(seen.deliveries)
    deliveries[ANA, key] = deliveries[ANA, key]._replace(**more)
    return seen._replace(deliveries=deliveries)


def after_a_return(seen: Evidence) -> Evidence:
    """Ana came back after 10 s: the buttons and the album are gone."""
    back_ms = START_MS + 10_000
    messages = list(seen.chats[ANA])
    messages[1] = replace(messages[1], reply_markup=None, edited_ms=back_ms + 400)
    for place in (3, 4):
        messages[place] = replace(messages[place], deleted=True, deleted_ms=back_ms + 700)
    seen = with_messages(seen, messages)._replace(comebacks={ANA: Comeback("returned", back_ms)})
    return with_delivery(with_delivery(seen, "hello", edited=True), "pair", deleted=True)

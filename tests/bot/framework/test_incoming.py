# ruff: noqa: E501 - a table is read one case a line
"""An admin's message becomes a template: formatted outside its variables, plain inside them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import Chat, Message, MessageEntity, User

from bot.framework import incoming
from engine.core.content import text_checks
from engine.core.content.model import Asset


async def fetch(_: incoming.IncomingFile) -> Asset:
    raise AssertionError("nothing is fetched before a question takes it")


def written(text: str, *bold: tuple[int, int]) -> Message:
    entities = [MessageEntity(type="bold", offset=offset, length=length) for offset, length in bold]
    return Message(
        message_id=1,
        date=datetime(2026, 11, 26, tzinfo=UTC),
        chat=Chat(id=7, type="private"),
        text=text,
        entities=entities,
    )


@pytest.mark.parametrize(
    ("message", "html"),
    [
        (written("Oi {first_name|Sr. & Sra.} & co"), "Oi {first_name|Sr. & Sra.} &amp; co"),
        (written("Oi {first_name|friend}", (15, 6)), "Oi {first_name|friend}"),
        (written("Oi {first_name|friend}!", (0, 2), (3, 20)), "<b>Oi</b> <b>{first_name|friend}!</b>"),
        (written("Oi {first_name|friend}!", (0, 18)), "<b>Oi {first_name|friend}</b>!"),
        (written("Oi {first_name|friend}!", (18, 5)), "Oi {first_name|friend}<b>!</b>"),
    ],
)
def test_a_fallback_is_plain_and_the_text_around_it_keeps_its_formatting(message: Message, html: str) -> None:
    assert incoming.read(message, fetch).html == html


_USER = User(id=5, is_bot=False, first_name="Ana")


@pytest.mark.parametrize(
    ("entity", "html"),
    [
        (MessageEntity(type="pre", offset=0, length=1, language='a"b'), '<pre><code class="language-a&quot;b">x</code></pre>'),
        (MessageEntity(type="text_link", offset=0, length=1, url='https://x.y/?a=1&gt=5&q="'), '<a href="https://x.y/?a=1&amp;gt=5&amp;q=&quot;">x</a>'),
        (MessageEntity(type="text_mention", offset=0, length=1, user=_USER), '<a href="tg://user?id=5">x</a>'),
        (MessageEntity(type="custom_emoji", offset=0, length=1, custom_emoji_id="6"), '<tg-emoji emoji-id="6">x</tg-emoji>'),
        (MessageEntity(type="date_time", offset=0, length=1, unix_time=7, date_time_format="r"), '<tg-time unix="7" format="r">x</tg-time>'),
        (MessageEntity(type="bot_command", offset=0, length=1), "x"),
    ],
)  # fmt: skip
def test_formatting_with_an_attribute_is_escaped_and_can_be_sent(entity: MessageEntity, html: str) -> None:
    message = Message(
        message_id=1,
        date=datetime(2026, 11, 26, tzinfo=UTC),
        chat=Chat(id=7, type="private"),
        text="x",
        entities=[entity],
    )
    written = incoming.read(message, fetch).html
    assert written == html
    text_checks.check_text(written)


def test_a_caption_keeps_its_formatting() -> None:
    bold = MessageEntity(type="bold", offset=0, length=1)
    message = Message(
        message_id=1,
        date=datetime(2026, 11, 26, tzinfo=UTC),
        chat=Chat(id=7, type="private"),
        caption="x",
        caption_entities=[bold],
    )
    assert incoming.read(message, fetch).html == "<b>x</b>"


TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"  # noqa: S105 - of no bot


@pytest.mark.parametrize(
    "fields",
    [
        {"text": f"Here: {TOKEN}."},
        {"text": f"https://api.telegram.org/bot{TOKEN}/getMe"},
        {"text": f"token_{TOKEN}".replace(":", "%3a")},
        {"text": TOKEN, "entities": [MessageEntity(type="bold", offset=12, length=5)]},
        {"text": TOKEN, "entities": [MessageEntity(type="bold", offset=900, length=5)]},
        {
            "text": "x",
            "entities": [MessageEntity(type="text_link", offset=0, length=1, url=f"https://x.y/bot{TOKEN}/a")],
        },
        {"caption": TOKEN, "caption_entities": [MessageEntity(type="italic", offset=0, length=20)]},
    ],
)
def test_a_token_is_found_however_it_is_formatted(fields: dict[str, Any]) -> None:
    chat, date = Chat(id=7, type="private"), datetime(2026, 11, 26, tzinfo=UTC)
    assert incoming.holds_a_token(Message(message_id=1, date=date, chat=chat, **fields))

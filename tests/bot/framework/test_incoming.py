"""An admin's message becomes a template: formatted outside its variables, plain inside them."""

from datetime import UTC, datetime

import pytest
from aiogram.types import Chat, Message, MessageEntity

from bot.framework import incoming


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
    assert incoming.read(message).html == html

"""Only a person in their private chat is a sender: everything else is left out before anything is made of it."""

import json
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.framework.sender import WANTED, Sender, read_sender
from engine.telegram.refused_call import UNREADABLE
from tests.bot.odd_updates import KINDS, real, spoiled, written

PERSON: dict[str, Any] = {"id": 7, "is_bot": False, "first_name": "x", "language_code": "pt-br"}
PRIVATE: dict[str, Any] = {"id": 7, "type": "private"}


def message(**fields: Any) -> dict[str, Any]:
    return {"message": {"message_id": 1, "date": 1, "chat": PRIVATE, "from": PERSON, "text": "hi", **fields}}


def tap(chat: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
    shown = {"message": {"message_id": 1, "date": 0, "chat": chat}} if chat else {"inline_message_id": "1"}
    return {"callback_query": {"id": "1", "from": PERSON, "chat_instance": "1", "data": "x", **shown, **fields}}


@pytest.mark.parametrize(
    ("update", "sender"),
    [
        (message(), Sender(7, 7, "pt-br", "hi")),
        (message(text="/start x"), Sender(7, 7, "pt-br", "/start x")),
        ({"message": {"message_id": 1, "chat": PRIVATE, "from": PERSON, "photo": []}}, Sender(7, 7, "pt-br")),
        (tap(PRIVATE), Sender(7, 7, "pt-br", "x", taps=True)),
    ],
)
def test_a_person_in_their_chat_is_a_sender(update: dict[str, Any], sender: Sender) -> None:
    assert read_sender(json.dumps(update).encode()) == sender


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel", "a kind of tomorrow"])
def test_nothing_outside_a_private_chat_has_a_sender(kind: str) -> None:
    elsewhere = {"id": -100, "type": kind}
    for update in (message(chat=elsewhere), tap(elsewhere)):
        assert read_sender(json.dumps(update).encode()) is None


@pytest.mark.parametrize(
    "update",
    [message(**{"from": {**PERSON, "is_bot": True}}), tap(None), tap(PRIVATE, **{"from": {"id": 8, "is_bot": True}})],
)
def test_a_bot_and_an_inline_message_are_no_senders(update: dict[str, Any]) -> None:
    assert read_sender(json.dumps(update).encode()) is None


def test_a_message_of_nobody_has_no_sender() -> None:
    update = message()
    del update["message"]["from"]
    assert read_sender(json.dumps(update).encode()) is None


@pytest.mark.parametrize(
    ("person", "chat"),
    [*((number, 7) for number in (-(2**70), -7, 0, 2**53, 2**63, 2**200)), (7, 2**63), (7, -(2**63) - 1), (7, 2**200)],
)
def test_a_number_that_telegram_gives_to_nobody_is_unreadable(person: int, chat: int) -> None:
    """A signature covers 64 bits: one such update would otherwise stop the feed for ever."""
    for update in (message(), tap(PRIVATE)):
        (event,) = update.values()
        event["from"] = {**PERSON, "id": person}
        event.get("message", event)["chat"] = {**PRIVATE, "id": chat}
        with pytest.raises(UNREADABLE):
            read_sender(json.dumps(update).encode())


@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32))
def test_every_update_of_the_bot_api_is_read_or_refused(kind: str, seed: int) -> None:
    chance = Random(seed)
    update = real(kind, chance, 7)
    found = read_sender(msgspec.json.encode(update))
    assert (found is None) or kind in WANTED
    try:
        read_sender(written(spoiled(update, chance), chance))
    except UNREADABLE:
        return

"""Entities that a bot lists beside its text: what is read, and what is refused in the server's words."""

from typing import Any

import pytest

from tests.sandbox.hall import PERSON, Hall

AT = {"offset": 0, "length": 2}
LINK = {"type": "text_link", **AT}


def refused(entity: Any) -> str:
    code, description = Hall().refusal("sendMessage", chat_id=PERSON, text="a😀b", entities=[entity])
    assert code == 400
    return description.removeprefix("Bad Request: ")


@pytest.mark.parametrize(
    ("entity", "complaint"),
    [
        (7, "expected an Object"),
        ({}, 'Can\'t find field "type"'),
        ({"type": "bold", "length": 1}, 'Can\'t find field "offset"'),
        ({"type": "bold", "offset": "x", "length": 1}, 'Field "offset" must be a valid Number'),
        ({"type": "bold", "offset": [], "length": 1}, 'Field "offset" must be of type Number'),
        ({"type": "shiny", **AT}, "Unsupported type specified"),
        (LINK, 'Can\'t find field "url"'),
        ({"type": "text_mention", **AT}, 'Can\'t find field "user"'),
        ({"type": "custom_emoji", **AT}, 'Can\'t find field "custom_emoji_id"'),
        ({"type": "custom_emoji", **AT, "custom_emoji_id": "x"}, 'Field "custom_emoji_id" must be a valid Number'),
    ],
)
def test_an_entity_that_cannot_be_read_is_refused(entity: Any, complaint: str) -> None:
    assert refused(entity) == f"can't parse MessageEntity: {complaint}"


@pytest.mark.parametrize(
    ("entity", "complaint"),
    [
        ({"type": "bold", "offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
        ({"type": "bold", "offset": 0, "length": -1}, "receive an entity with incorrect length -1"),
        (
            {"type": "bold", "offset": 2, "length": 1},
            "entity begins in a middle of a UTF-16 symbol at byte offset 5",
        ),
        (
            {"type": "bold", "offset": 0, "length": 2},
            "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 5",
        ),
        (
            {"type": "bold", "offset": 3, "length": 9},
            "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 12",
        ),
        (
            {"type": "bold", "offset": 9, "length": 1},
            "entity begins after the end of the text at UTF-16 offset 9",
        ),
        ({**LINK, "url": "nodot"}, "entity URL 'nodot' is invalid: Wrong HTTP URL"),
        ({**LINK, "url": "ftp://a.io"}, "entity URL 'ftp://a.io' is invalid: Unsupported URL protocol"),
        ({"type": "custom_emoji", **AT, "custom_emoji_id": "0"}, "invalid custom emoji identifier specified"),
    ],
)
def test_an_entity_that_is_not_right_is_refused(entity: Any, complaint: str) -> None:
    assert refused(entity) == complaint


def test_an_entity_is_judged_after_the_chat_and_a_caption_like_a_text() -> None:
    hall, wrong = Hall(), [{"type": "bold", "offset": 0, "length": 99}]
    assert hall.refusal("sendMessage", chat_id=1, text="a", entities=wrong)[1] == "Bad Request: chat not found"
    message_id = hall.send_voice("a")
    code, description = hall.refusal(
        "editMessageCaption", chat_id=PERSON, message_id=message_id, caption="a", caption_entities=wrong
    )
    assert (code, description[:30]) == (400, "Bad Request: entity beginning ")


def test_what_the_server_finds_itself_is_ignored_in_a_list() -> None:
    hall = Hall()
    kinds = ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number")
    message_id = hall.send("a b", entities=[{"type": kind, "offset": 0, "length": 9} for kind in kinds])
    assert hall.chat.messages[message_id].message.entities == ()


def test_numbers_may_be_written_as_texts() -> None:
    hall = Hall()
    listed = [
        {"type": "custom_emoji", "offset": "0", "length": 1, "custom_emoji_id": 7},
        {"type": "date_time", "offset": 1, "length": 1, "unix_time": 25, "date_time_format": "Tw"},
    ]
    emoji, time = hall.chat.messages[hall.send("ab", entities=listed)].message.entities
    assert (emoji.custom_emoji_id, time.unix_time, time.date_time_format) == ("7", 25, "wT")

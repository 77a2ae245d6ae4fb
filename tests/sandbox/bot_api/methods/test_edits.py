"""Editing: what changes, what does not, and what cannot be edited."""

from typing import Any

import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller
from tests.sandbox.calls import PICTURE, UPLOAD
from tests.sandbox.hall import HOUR_MS, PERSON, Hall

UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message"
)
NOT_MODIFIED = (400, f"Bad Request: {UNCHANGED}")


def keyboard(data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "a", "callback_data": data}]]}


async def test_an_edited_text_replaces_the_old_one(bot: Caller, client: SandboxClient, person: int) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="a", reply_markup=keyboard("b"))).result
    given = {"chat_id": person, "message_id": sent["message_id"], "text": "<b>c</b>", "parse_mode": "HTML"}
    edited = (await bot("editMessageText", **given)).result
    assert (edited["message_id"], edited["text"], edited["date"]) == (sent["message_id"], "c", sent["date"])
    assert edited["edit_date"]
    assert "reply_markup" not in edited
    shown = (await client.transcript("shop_bot", person)).messages[-1]
    assert (shown.text, shown.edit_date, shown.reply_markup) == ("c", edited["edit_date"], None)
    assert (await client.counters()).messages == 1


async def test_the_transcript_has_the_time_of_an_edit_in_milliseconds(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="a")).result["message_id"]
    assert (await client.transcript("shop_bot", person)).messages[-1].edited_ms is None
    await bot("editMessageText", chat_id=person, message_id=sent, text="b")
    (row,) = [row for row in (await client.record()).rows if row.method == "editMessageText"]
    edited = (await client.transcript("shop_bot", person)).messages[-1]
    assert row.arrived_ms <= (edited.edited_ms or 0) <= (row.completed_ms or 0)
    own = await client.write("shop_bot", person, "x")
    again = await client.edit("shop_bot", person, "y")
    (written,) = [one for one in (await client.transcript("shop_bot", person)).messages if one.text == "y"]
    assert (written.message_id, written.edited_ms) == (own.message_id, again.at_ms)


def test_a_keyboard_is_replaced_and_taken_away() -> None:
    hall = Hall()
    sent = hall.send(reply_markup=keyboard("a"))
    assert b'"b"' in bytes(
        hall.call("editMessageReplyMarkup", chat_id=PERSON, message_id=sent, reply_markup=keyboard("b")).reply_markup
    )
    assert hall.call("editMessageReplyMarkup", chat_id=PERSON, message_id=sent).reply_markup is None


def test_a_caption_is_replaced_and_taken_away() -> None:
    hall = Hall()
    sent = hall.send_voice("old")
    given = {"chat_id": PERSON, "message_id": sent}
    edited = hall.call("editMessageCaption", **given, caption="<i>new</i>", parse_mode="HTML")
    assert (edited.caption, [one.type for one in edited.caption_entities]) == ("new", ["italic"])
    assert hall.call("editMessageCaption", **given).caption is None


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("editMessageText", {"text": "x", "reply_markup": keyboard("a")}),
        ("editMessageReplyMarkup", {"reply_markup": keyboard("a")}),
    ],
)
def test_an_edit_that_changes_nothing_is_refused(method: str, given: dict[str, Any]) -> None:
    hall = Hall()
    sent = hall.send("x", reply_markup=keyboard("a"))
    assert hall.refusal(method, chat_id=PERSON, message_id=sent, **given) == NOT_MODIFIED
    assert hall.chat.messages[sent].message.edit_date is None


def test_a_repeated_edit_is_refused_too() -> None:
    hall = Hall()
    sent = hall.send("a")
    hall.call("editMessageText", chat_id=PERSON, message_id=sent, text="b")
    hall.now_ms += HOUR_MS
    assert hall.refusal("editMessageText", chat_id=PERSON, message_id=sent, text="b") == NOT_MODIFIED


def test_own_messages_can_be_edited_however_old() -> None:
    hall = Hall()
    sent = hall.send("a")
    hall.now_ms += 1000 * HOUR_MS
    assert hall.call("editMessageText", chat_id=PERSON, message_id=sent, text="b").text == "b"


@pytest.mark.parametrize("method", ["editMessageText", "editMessageCaption", "editMessageReplyMarkup"])
def test_only_the_bots_own_messages_can_be_edited(method: str) -> None:
    hall = Hall()
    sent = hall.send()
    hall.call("deleteMessage", chat_id=PERSON, message_id=sent)
    for message_id in (sent, 99):
        refused = hall.refusal(method, chat_id=PERSON, message_id=message_id, text="y")
        assert refused == (400, "Bad Request: message to edit not found")
    assert hall.refusal(method, chat_id=PERSON, message_id=1, text="y") == (400, "Bad Request: message can't be edited")


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"chat_id": None, "message_id": None}, "message identifier is not specified"),
        ({"chat_id": None, "message_id": None, "inline_message_id": "a"}, "MESSAGE_ID_INVALID"),
        ({"chat_id": None}, "chat_id is empty"),
        ({"chat_id": 1}, "chat not found"),
        ({"text": ""}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"reply_markup": {"remove_keyboard": True}}, "inline keyboard expected"),
    ],
)
def test_a_wrong_edit_is_refused_in_the_servers_words(given: dict[str, Any], description: str) -> None:
    hall = Hall()
    whole = {"chat_id": PERSON, "message_id": hall.send(), "text": "y", **given}
    assert hall.refusal("editMessageText", **whole) == (400, f"Bad Request: {description}")


def test_text_and_caption_are_not_the_same() -> None:
    hall = Hall()
    text, media = hall.send(), hall.send_voice()
    assert hall.refusal("editMessageText", chat_id=PERSON, message_id=media, text="y") == (
        400,
        "Bad Request: there is no text in the message to edit",
    )
    assert hall.refusal("editMessageCaption", chat_id=PERSON, message_id=text, caption="y") == (
        400,
        "Bad Request: there is no caption in the message to edit",
    )
    assert hall.refusal("editMessageCaption", chat_id=PERSON, message_id=media, caption="y" * 1025) == (
        400,
        "Bad Request: message caption is too long",
    )


def test_a_person_who_blocked_the_bot_sees_no_edit() -> None:
    hall = Hall()
    sent = hall.send()
    hall.act("block")
    refused = hall.refusal("editMessageText", chat_id=PERSON, message_id=sent, text="y")
    assert refused == (403, "Forbidden: bot was blocked by the user")


def test_a_text_becomes_media_and_media_other_media() -> None:
    hall = Hall()
    sent = hall.send("old", reply_markup=keyboard("a"))
    given = {"chat_id": PERSON, "message_id": sent, "picture": PICTURE, "file": UPLOAD}
    photo = {"type": "photo", "media": "attach://picture", "caption": "<b>new</b>", "parse_mode": "HTML"}
    first = hall.call("editMessageMedia", **given, media=photo)
    assert (first.text, first.caption, first.reply_markup) == (None, "new", None)
    assert first.photo
    assert hall.refusal("editMessageMedia", **given, media=photo) == NOT_MODIFIED
    second = hall.call("editMessageMedia", **given, media={"type": "document", "media": "attach://file"})
    assert (second.photo, second.caption, second.document.file_name) == ((), None, "a.bin")


@pytest.mark.parametrize(
    ("media", "description"),
    [
        ("", 'parameter "media" is required'),
        ("{", "can't parse input media JSON object"),
        ([], "can't parse InputMedia: expected an Object"),
        ({"type": "photo", "media": "attach://lost"}, "can't parse InputMedia: media not found"),
        ({"type": "photo", "media": "attach://file"}, "IMAGE_PROCESS_FAILED"),
    ],
)
def test_media_that_cannot_be_put_there_are_refused(media: Any, description: str) -> None:
    hall = Hall()
    given = {"chat_id": PERSON, "message_id": hall.send(), "media": media, "file": UPLOAD}
    assert hall.refusal("editMessageMedia", **given) == (400, f"Bad Request: {description}")


def test_a_voice_message_cannot_be_exchanged() -> None:
    hall = Hall()
    given = {"media": {"type": "photo", "media": "attach://picture"}, "picture": PICTURE}
    refused = hall.refusal("editMessageMedia", chat_id=PERSON, message_id=hall.send_voice(), **given)
    assert refused == (400, "Bad Request: there is no media in the message to edit")

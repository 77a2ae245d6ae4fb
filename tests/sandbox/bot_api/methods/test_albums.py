"""Albums and copies: what goes together, what is refused as a whole, and what a copy keeps."""

from typing import Any

import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller, Reply, upload
from tests.sandbox.pictures import FILM, SOUND, png

PHOTO = {"type": "photo", "media": "attach://photo"}
FILES = {"photo": png(), "film": FILM, "sound": SOUND, "paper": b"paper", "nothing": b"nothing"}


def item(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "media": f"attach://{name}", **more}


async def album(bot: Caller, person: int, media: Any, **more: Any) -> Reply:
    return await upload(bot, "sendMediaGroup", chat_id=person, media=media, **FILES, **more)


async def test_an_album_is_several_messages_with_one_group_id(bot: Caller, client: SandboxClient, person: int) -> None:
    second = item("video", "film", caption="<i>b</i>", parse_mode="HTML", has_spoiler=True)
    sent = (await album(bot, person, [item("photo", "photo", caption="a"), second])).result
    assert [one["message_id"] for one in sent] == [2, 3]
    assert len({one["media_group_id"] for one in sent}) == 1
    assert [one["caption"] for one in sent] == ["a", "b"]
    assert sent[1]["caption_entities"] == [{"type": "italic", "offset": 0, "length": 1}]
    told = (await client.transcript("shop_bot", person)).messages[1:]
    assert [one.album for one in told] == [sent[0]["media_group_id"]] * 2
    assert [one.media and (one.media.kind, one.media.spoiler) for one in told] == [("photo", False), ("video", True)]


async def test_two_albums_have_two_group_ids_and_may_use_ids_or_uploads(bot: Caller, person: int) -> None:
    first = (await album(bot, person, [PHOTO, PHOTO])).result
    known = [{"type": "photo", "media": one["photo"][-1]["file_id"]} for one in first]
    second = (await bot("sendMediaGroup", chat_id=person, media=known)).result
    assert second[0]["photo"] == first[0]["photo"]
    assert second[0]["media_group_id"] != first[0]["media_group_id"]


async def test_a_single_item_is_an_ordinary_message(bot: Caller, person: int) -> None:
    (sent,) = (await album(bot, person, [PHOTO])).result
    assert "media_group_id" not in sent


@pytest.mark.parametrize(
    ("media", "description"),
    [
        ([], "there are no messages to send"),
        ([PHOTO] * 11, "too many messages to send as an album"),
        ([PHOTO, item("document", "paper")], "document can't be mixed with other media types"),
        ([item("audio", "sound"), PHOTO], "audio can't be mixed with other media types"),
        ("{", "can't parse media JSON object"),
        ({"type": "photo"}, "expected an Array of InputMedia"),
        ([1], "can't parse InputMedia: expected an Object"),
        ([{"media": "x"}], "can't parse InputMedia: Can't find field \"type\""),
        ([{"type": [], "media": "x"}], 'can\'t parse InputMedia: Field "type" must be of type String'),
        ([{"type": "photo"}], "can't parse InputMedia: media not found"),
        ([PHOTO, item("photo", "lost")], "can't parse InputMedia: media not found"),
        ([{"type": "photo", "media": {}}], 'can\'t parse InputMedia: Field "media" must be of type String'),
        ([item("animation", "film")], "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup"),
        ([item("sticker", "photo")], 'can\'t parse InputMedia: type "sticker" is unsupported'),
        ([PHOTO, item("photo", "photo", caption="x" * 1025)], "message caption is too long"),
        (
            [PHOTO, item("photo", "photo", show_caption_above_media=True)],
            "parameter show_caption_above_media must be the same for all messages",
        ),
        (
            [PHOTO, item("photo", "nothing")],
            'failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"',
        ),
        (
            [{"type": "photo", "media": "https://example.com/x.png"}, PHOTO],
            'failed to send message #1 with the error message "WEBPAGE_CURL_FAILED"',
        ),
        (
            [{"type": "photo", "media": "AgACAgIAAxkB"}, PHOTO],
            'failed to send message #1 with the error message "Wrong file identifier/HTTP URL specified"',
        ),
    ],
)
async def test_an_album_that_cannot_be_sent_is_not_sent_at_all(
    bot: Caller, client: SandboxClient, person: int, media: Any, description: str
) -> None:
    assert (await album(bot, person, media)).refusal == (400, f"Bad Request: {description}")
    assert len((await client.transcript("shop_bot", person)).messages) == 1


async def test_the_chat_is_checked_before_the_files_trouble(bot: Caller, client: SandboxClient, person: int) -> None:
    broken = [PHOTO, item("photo", "nothing")]
    lost = await album(bot, person, broken, reply_parameters={"message_id": 99})
    assert lost.refusal == (400, "Bad Request: message to be replied not found")
    await client.block("shop_bot", person)
    assert (await album(bot, person, broken)).refusal == (403, "Forbidden: bot was blocked by the user")


async def test_a_copied_album_item_stands_alone_and_a_deleted_message_cannot_be_copied(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    first, second = (await album(bot, person, [PHOTO, PHOTO])).result
    await bot("copyMessage", chat_id=person, from_chat_id=person, message_id=first["message_id"])
    assert (await client.transcript("shop_bot", person)).messages[-1].album is None
    await bot("deleteMessage", chat_id=person, message_id=second["message_id"])
    gone = await bot("copyMessage", chat_id=person, from_chat_id=person, message_id=second["message_id"])
    assert gone.refusal == (400, "Bad Request: message to copy not found")


async def test_a_copy_keeps_the_content_and_not_the_keyboard(bot: Caller, client: SandboxClient, person: int) -> None:
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
    sent = (await upload(bot, "sendPhoto", chat_id=person, photo=png(), caption="a", reply_markup=markup)).result
    source = {"from_chat_id": person, "message_id": sent["message_id"]}
    copied = await bot("copyMessage", chat_id=other.id, **source)
    assert copied.result == {"message_id": 2}
    told = (await client.transcript("shop_bot", other.id)).messages[-1]
    assert told.media is not None
    assert (told.media.file_unique_id, told.text) == (sent["photo"][-1]["file_unique_id"], "a")
    assert told.reply_markup is None
    await bot("copyMessage", chat_id=other.id, **source, caption="", reply_markup=markup)
    bare = (await client.transcript("shop_bot", other.id)).messages[-1]
    assert (bare.text, bare.reply_markup) == (None, markup)


async def test_a_text_can_be_copied_and_a_missing_message_cannot(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.write("shop_bot", person, "hello")
    await bot("copyMessage", chat_id=person, from_chat_id=person, message_id=2)
    told = (await client.transcript("shop_bot", person)).messages[-1]
    assert (told.text, told.from_bot) == ("hello", True)
    lost = await bot("copyMessage", chat_id=person, from_chat_id=person, message_id=99)
    assert lost.refusal == (400, "Bad Request: message to copy not found")
    elsewhere = await bot("copyMessage", chat_id=person, from_chat_id=1, message_id=1)
    assert elsewhere.refusal == (400, "Bad Request: chat not found")


async def test_a_poll_is_shown_as_it_was_asked(bot: Caller, client: SandboxClient, person: int) -> None:
    question = {"question": "<b>2+2</b>?", "question_parse_mode": "HTML"}
    options = [{"text": "3"}, {"text": "4"}]
    sent = await bot("sendPoll", chat_id=person, **question, options=options, type="quiz", correct_option_ids=[1])
    poll = sent.result["poll"]
    assert (poll["question"], [one["text"] for one in poll["options"]]) == ("2+2?", ["3", "4"])
    assert (poll["type"], poll["correct_option_ids"], poll["is_anonymous"]) == ("quiz", [1], True)
    told = (await client.transcript("shop_bot", person)).messages[-1].media
    assert told is not None
    assert told.poll is not None
    assert (told.kind, told.poll["question"]) == ("poll", "2+2?")


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"options": [{"text": "a"}]}, "poll question must be non-empty"),
        ({"question": "x" * 301, "options": [{"text": "a"}]}, "poll question length must not exceed 300"),
        ({"question": "x"}, "expected an Array of String as options"),
        ({"question": "x", "options": "["}, "can't parse options JSON object"),
        ({"question": "x", "options": []}, "poll must have at least 1 option"),
        ({"question": "x", "options": ["a"] * 13}, "poll can't have more than 12 options"),
        ({"question": "x", "options": [{"text": ""}]}, "poll options must be non-empty"),
        ({"question": "x", "options": ["a" * 101]}, "poll options length must not exceed 100"),
        ({"question": "x", "options": ["a"], "type": "odd"}, "unsupported poll type specified"),
        ({"question": "x", "options": ["a"], "type": "quiz"}, "wrong correct option ID specified"),
        (
            {"question": "x", "options": ["a"], "type": "quiz", "correct_option_ids": []},
            "wrong correct option ID specified",
        ),
    ],
)
async def test_a_poll_is_refused_in_the_servers_words(
    bot: Caller, person: int, given: dict[str, Any], description: str
) -> None:
    assert (await bot("sendPoll", chat_id=person, **given)).refusal == (400, f"Bad Request: {description}")

# ruff: noqa: E501 - a table is read one case a line
"""What Telegram will accept of a block, and what can be done with it later."""

from typing import get_args

import pytest
from msgspec.structs import replace

from engine.core.content import checks
from engine.core.content.model import (
    Album,
    Content,
    CopyButton,
    Delete,
    Effects,
    Item,
    Media,
    MediaKind,
    Poll,
    Replace,
    StopButton,
    Text,
    Unbutton,
)
from engine.core.errors import CampaignError

SHA = "0f" * 32
PHOTO = Media("photo", SHA)
STOP = ((StopButton("Stop"),),)
POLL = Poll("Why?", ("Price", "Time"))
QUIZ = replace(POLL, correct=1, explanation="Because.\nReally.\nYes.")


def album(*items: Item) -> Album:
    return Album(items)


@pytest.mark.parametrize(
    "content",
    [
        Text("Oi, {first_name|amigo}", "above", STOP),
        *(Media(kind, SHA, buttons=STOP) for kind in get_args(MediaKind)),
        *(Media(kind, SHA, "x" * 1024) for kind in ("photo", "video", "animation", "audio", "voice", "document")),
        *(Media(kind, SHA, "x", above=True, spoiler=True) for kind in ("photo", "video", "animation")),
        Album((Item("photo", SHA, "x", spoiler=True), Item("video", SHA)), above=True),
        Album((Item("photo", SHA),) * 10),
        Album((Item("audio", SHA, "x"),) * 2),
        Album((Item("document", SHA, "x"),) * 2),
        POLL,
        replace(POLL, multiple=True, anonymous=False, buttons=STOP),
        QUIZ,
        replace(POLL, options=tuple("abcdefghijkl"), correct=11),
    ],
)
def test_content_that_telegram_accepts_passes(content: Content) -> None:
    checks.check(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (Text(""), "The text is empty"),
        (Text("x", buttons=((CopyButton("x", ""),),)), "button 1 of row 1: The text to copy has 0"),
        *((Media("photo", sha), "The file's hash is invalid: write the 64 hex") for sha in ("", SHA[1:], SHA.upper(), SHA + "0")),
        (replace(PHOTO, caption="x" * 1025), "The caption has 1025 characters"),
        (replace(PHOTO, buttons=((),)), "Row 1 has 0 buttons"),
        (Media("sticker", SHA, "x"), "Telegram does not allow a caption with sticker: delete it, or put the text in a block of its own."),
        (Media("video_note", SHA, "x"), "Telegram does not allow a caption with video_note"),
        (Media("voice", SHA, above=True), "Telegram does not allow a caption above voice"),
        (Media("document", SHA, spoiler=True), "Telegram does not allow a spoiler over document"),
        (album(Item("photo", SHA)), "The album has 1 files: put 2 to 10 in it."),
        (album(*(Item("photo", SHA),) * 11), "The album has 11 files"),
        (album(Item("photo", SHA), Item("audio", SHA)), "An album mixes only photos and videos: put each audio elsewhere."),
        (album(Item("document", SHA), Item("video", SHA)), "put each document elsewhere"),
        (album(Item("photo", SHA), Item("photo", "")), "file 2 of the album: The file's hash"),
        (album(Item("photo", SHA), Item("photo", SHA, "<x>")), "file 2 of the album: In line 1, column 1 of the caption"),
        (album(Item("audio", SHA), Item("audio", SHA, spoiler=True)), "file 2 of the album: Telegram does not allow a spoiler over audio"),
        (Album((Item("audio", SHA),) * 2, above=True), "Only an album of photos and videos can have its captions above"),
        (replace(POLL, question=""), "The question is empty"),
        (replace(POLL, question="x" * 301), "The question has 301 characters"),
        (replace(POLL, options=("a",)), "The poll has 1 options: write 2 to 12."),
        (replace(POLL, options=tuple("abcdefghijklm")), "The poll has 13 options"),
        (replace(POLL, options=("a", " ")), "The option 2 is empty"),
        (replace(POLL, options=("a", "x" * 101)), "The option 2 has 101 characters"),
        (replace(POLL, options=("a", "b", "a")), "Option 3 is there twice"),
        (replace(POLL, options=("a", "{first_name|b}")), "Option 2 has a variable: write the same text for everybody."),
        (replace(POLL, correct=2), "There is no option 3 to mark as correct: name one of 2."),
        (replace(POLL, correct=-1), "There is no option 0 to mark as correct"),
        (replace(POLL, correct=0, multiple=True), "A quiz has one right answer"),
        (replace(POLL, explanation="x"), "Only a quiz has an explanation"),
        (replace(QUIZ, explanation="x" * 201), "The explanation has 201 characters"),
        (replace(QUIZ, explanation="a\nb\nc\nd"), "The explanation has too many lines: leave at most 3."),
        (replace(POLL, buttons=((),)), "Row 1 has 0 buttons"),
    ],
)  # fmt: skip
def test_content_that_telegram_refuses_is_refused(content: Content, sentence: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        checks.check(content)
    assert sentence in str(refusal.value)


def test_every_language_is_looked_at() -> None:
    checks.check_variants(Text("x"), dict.fromkeys(("pt", "pt-br", "zh-hant-tw", "fil", "es-419"), PHOTO))
    with pytest.raises(CampaignError, match="language en: The text is empty"):
        checks.check_variants(Text("x"), {"pt": PHOTO, "en": Text("")})
    with pytest.raises(CampaignError, match="There are 21 languages: leave at most 20"):
        checks.check_variants(Text("x"), {f"a{chr(97 + n)}": PHOTO for n in range(21)})


@pytest.mark.parametrize("code", ["", "PT", "pt_br", "p", "portuguese", "pt-", "pt-b", "x" * 999, "pt\n"])
def test_a_language_is_a_code(code: str) -> None:
    with pytest.raises(CampaignError, match="is invalid: write its code in lower case"):
        checks.check_variants(Text("x"), {code: Text("x")})


@pytest.mark.parametrize(
    ("effects", "contents"),
    [
        (Effects(1_000, message_effect="5104841245755180586"), [Text("x")]),
        (Effects(172_200_000, on_return=Delete(), on_payment=Delete()), [POLL]),
        (Effects(on_return=Unbutton()), [Text("x"), replace(PHOTO, buttons=STOP)]),
        (Effects(on_payment=Replace("x" * 4096)), [Text("x")]),
        (Effects(on_payment=Replace("Oi, {first_name|you}")), [Text("x"), PHOTO, album(Item("photo", SHA, "x"), Item("photo", SHA))]),
    ],
)  # fmt: skip
def test_possible_effects_pass(effects: Effects, contents: list[Content]) -> None:
    checks.check_effects(effects, contents)


@pytest.mark.parametrize(
    ("effects", "contents", "sentence"),
    [
        (Effects(999), [Text("x")], "Deleting after 999ms is not possible: write a time from 1s to 1d23h50m."),
        (Effects(172_200_001), [Text("x")], "is not possible"),
        (Effects(message_effect=""), [Text("x")], "The message effect is invalid"),
        (Effects(message_effect="fire"), [Text("x")], "The message effect is invalid"),
        (Effects(message_effect="1" * 65), [Text("x")], "The message effect is invalid"),
        (Effects(on_return=Unbutton()), [Text("x")], "after a return: There are no buttons to remove"),
        (Effects(on_payment=Replace("")), [Text("x")], "after a payment: The replacement is empty"),
        (Effects(on_payment=Replace("x" * 4097)), [Text("x")], "The replacement has 4097 characters: shorten it to 4096."),
        (Effects(on_payment=Replace("x" * 1025)), [Text("x"), PHOTO], "The replacement has 1025 characters: shorten it to 1024."),
        (Effects(on_payment=Replace("<x>")), [Text("x")], "In line 1, column 1 of the replacement <x>"),
        (Effects(on_payment=Replace("{x}")), [Text("x")], "of the replacement {x} is not a variable"),
        *(
            (Effects(on_return=Replace("x")), [Text("x"), content], f"There is no text to replace in {kind}: write delete or")
            for kind, content in (("sticker", Media("sticker", SHA)), ("video_note", Media("video_note", SHA)), ("poll", POLL))
        ),
        (Effects(on_return=Replace("x")), [album(Item("photo", SHA), Item("photo", SHA, "x"))], "Only the first file's caption"),
    ],
)  # fmt: skip
def test_impossible_effects_are_refused(effects: Effects, contents: list[Content], sentence: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        checks.check_effects(effects, contents)
    assert sentence in str(refusal.value)

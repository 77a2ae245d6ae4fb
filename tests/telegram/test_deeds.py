"""Sent messages are deleted or edited; a deed that was done before counts as done."""

from typing import Final

import pytest

from bench.sandbox.protocol import Fault, FaultKind
from engine.core.content.model import Media, StopButton, Text
from engine.core.delivery.outcome import Rejected, Sent, Unknown, Unreachable
from engine.telegram import answers
from engine.telegram.session import ApiError
from tests.sandbox.pictures import png
from tests.telegram.conftest import BOT, Gallery, Stage

HELLO: Final = Text("hello", buttons=((StopButton("stop"),),))
TWO_DAYS_MS: Final = 48 * 3_600_000


async def test_a_message_is_deleted_once(stage: Stage) -> None:
    await stage.send(HELLO)
    for _ in range(2):
        assert await stage.sender.delete(stage.speaker, stage.person, (2,)) == Sent((2,))
        assert await stage.messages() == []


async def test_an_album_is_deleted_as_a_whole(stage: Stage) -> None:
    await stage.send(HELLO)
    await stage.send(HELLO)
    for _ in range(2):
        assert await stage.sender.delete(stage.speaker, stage.person, (2, 3)) == Sent((2, 3))
        assert await stage.messages() == []


async def test_a_message_that_is_too_old_stays(stage: Stage) -> None:
    await stage.send(HELLO)
    await stage.people.move_time(TWO_DAYS_MS + 1_000)
    outcome = await stage.sender.delete(stage.speaker, stage.person, (2,))
    assert outcome == Rejected("Bad Request: message can't be deleted for everyone")


async def test_the_buttons_are_removed(stage: Stage) -> None:
    await stage.send(HELLO)
    for _ in range(2):
        assert await stage.sender.unbutton(stage.speaker, stage.person, 2) == Sent((2,))
        (message,) = await stage.messages()
        assert (message.text, message.reply_markup) == ("hello", None)


async def test_a_text_is_replaced_and_its_buttons_go(stage: Stage) -> None:
    await stage.send(HELLO)
    for _ in range(2):
        outcome = await stage.sender.replace(stage.speaker, stage.person, 2, "<b>welcome</b>", HELLO)
        assert outcome == Sent((2,))
        (message,) = await stage.messages()
        assert (message.text, len(message.entities), message.reply_markup) == ("welcome", 1, None)


@pytest.mark.parametrize("above", [False, True])
async def test_a_caption_is_replaced_and_keeps_its_position(gallery: Gallery, *, above: bool) -> None:
    asset = await gallery.library.add("photo", png(), "a.png")
    look = Media("photo", asset.sha256, "look", above=above)
    await gallery.send(look)
    outcome = await gallery.sender.replace(gallery.speaker, gallery.person, 2, "<b>welcome</b>", look)
    assert outcome == Sent((2,))
    (message,) = await gallery.messages()
    assert (message.text, message.caption, len(message.entities)) == ("welcome", True, 1)
    assert message.caption_above is above


async def test_a_deleted_message_cannot_be_changed(stage: Stage) -> None:
    assert isinstance(await stage.sender.unbutton(stage.speaker, stage.person, 7), Rejected)


async def test_a_person_who_blocked_the_bot_sees_no_change(stage: Stage) -> None:
    await stage.send(HELLO)
    await stage.people.block(BOT, stage.person)
    assert await stage.sender.unbutton(stage.speaker, stage.person, 2) == Unreachable()


async def test_a_missing_answer_is_unknown(stage: Stage) -> None:
    await stage.send(HELLO)
    await stage.people.set_fault(Fault(FaultKind.BAD_GATEWAY))
    assert isinstance(await stage.sender.delete(stage.speaker, stage.person, (2,)), Unknown)


def test_what_a_refusal_quotes_is_not_taken_for_a_deed_that_was_done() -> None:
    quoting = ApiError(400, 'Bad Request: can\'t parse entities: Unsupported start tag "message is not modified"', None)
    assert isinstance(answers.of_deed(quoting, (2,)), Rejected)
    assert answers.of_deed(ApiError(400, "Bad Request: message is not modified: the same", None), (2,)) == Sent((2,))

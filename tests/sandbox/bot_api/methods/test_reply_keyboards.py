"""Keyboards beneath the text field: the app keeps them, and no message carries one."""

from typing import Any

import pytest

from bench.sandbox.world.transcript import transcript_of
from tests.sandbox.hall import PERSON, Hall

ROWS = [["Sim", {"text": "Meu número", "request_contact": True}], []]


def beneath(hall: Hall) -> Any:
    return transcript_of(hall.chat, hall.chat.messages.values(), hall.now_ms).keyboard


def test_a_keyboard_is_shown_as_rows_of_buttons_and_not_in_the_message() -> None:
    hall = Hall()
    message_id = hall.send(reply_markup={"keyboard": ROWS, "one_time_keyboard": True, "selective": True})
    assert hall.chat.messages[message_id].message.reply_markup is None
    assert beneath(hall) == {
        "keyboard": [[{"text": "Sim"}, {"text": "Meu número", "request_contact": True}]],
        "one_time_keyboard": True,
    }


@pytest.mark.parametrize(
    ("markup", "stays"),
    [
        (None, True),
        ({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}, True),
        ({"force_reply": True}, True),
        ({"keyboard": [[]]}, True),
        ({"remove_keyboard": False}, True),
        ({"remove_keyboard": True}, False),
    ],
)
def test_a_keyboard_stays_until_it_is_removed(markup: Any, *, stays: bool) -> None:
    hall = Hall()
    hall.send(reply_markup={"keyboard": [["Sim"]]})
    hall.send(reply_markup=markup)
    assert beneath(hall) == ({"keyboard": [[{"text": "Sim"}]]} if stays else {})


def test_a_newer_keyboard_takes_the_place_of_the_older() -> None:
    hall = Hall()
    hall.send(reply_markup={"keyboard": [["Sim"]]})
    hall.send(reply_markup='{"keyboard": [["Não"]]}')
    assert beneath(hall) == {"keyboard": [[{"text": "Não"}]]}


def test_a_refused_message_changes_no_keyboard() -> None:
    hall = Hall()
    hall.act("block")
    assert hall.refusal("sendMessage", chat_id=PERSON, text="x", reply_markup={"keyboard": [["Sim"]]})[0] == 403
    assert beneath(hall) == {}


def test_a_number_as_the_words_of_a_button_is_text() -> None:
    hall = Hall()
    hall.send(reply_markup={"keyboard": [[{"text": 1}, {"text": 2.5}]]})
    assert beneath(hall) == {"keyboard": [[{"text": "1"}, {"text": "2.5"}]]}

"""What an update means, no matter what Telegram puts around it."""

from typing import Any

import msgspec
import pytest

from engine.receiver.polling_feed import LONGEST_POLL_S, SHORTEST_POLL_S, timeout_s
from engine.receiver.updates import UNDATED, Batch, Charge, Event, Gone, Refund, SignOfLife, Wish, read_answer
from engine.telegram.refused_call import Refused

ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ana"}
MESSAGE: dict[str, Any] = {"message_id": 1, "from": ANA, "chat": PRIVATE, "date": 1_800_000_000, "text": "secret"}
SEEN_MS = 1_800_000_000_999


def answer(*updates: dict[str, Any]) -> Batch | Refused:
    numbered = [{"update_id": 10 + place, **update} for place, update in enumerate(updates)]
    return read_answer(msgspec.json.encode({"ok": True, "result": numbered}))


def event(update: dict[str, Any]) -> Event | None:
    batch = answer(update)
    assert isinstance(batch, Batch)
    return batch.events[0] if batch.events else None


def sign(seen_ms: int, payment: Charge | None = None, wish: Wish | None = None) -> SignOfLife:
    return SignOfLife(5, seen_ms, "Ana", "ana", "pt-br", payment, wish)


PAID = {"currency": "XTR", "total_amount": 5, "telegram_payment_charge_id": "c1", "invoice_payload": "p"}


@pytest.mark.parametrize(
    ("update", "meaning"),
    [
        ({"message": MESSAGE}, sign(SEEN_MS)),
        ({"message": {**MESSAGE, "new_field": [1]}, "other": {}}, sign(SEEN_MS)),
        ({"edited_message": {**MESSAGE, "edit_date": 1_800_000_060}}, sign(SEEN_MS + 60_000)),
        ({"callback_query": {"id": "1", "from": ANA, "data": "x"}}, sign(UNDATED)),
        ({"inline_query": {"id": "1", "from": ANA, "query": "q"}}, sign(UNDATED)),
        ({"pre_checkout_query": {"id": "1", "from": ANA}}, sign(UNDATED)),
        ({"poll_answer": {"poll_id": "1", "user": ANA}}, sign(UNDATED)),
        ({"message": {**MESSAGE, "successful_payment": PAID}}, sign(SEEN_MS, Charge("c1", 5, "XTR"))),
        ({"message": {**MESSAGE, "refunded_payment": PAID}}, Refund(5, SEEN_MS, Charge("c1", 5, "XTR"))),
        (
            {"message": {**MESSAGE, "from": {**ANA, "is_bot": True}, "refunded_payment": PAID}},
            Refund(5, SEEN_MS, Charge("c1", 5, "XTR")),
        ),
        ({"my_chat_member": {"chat": PRIVATE, "new_chat_member": {"status": "kicked"}}}, Gone(5)),
        (
            {"my_chat_member": {"chat": PRIVATE, "date": 1_800_000_000, "new_chat_member": {"status": "kicked"}}},
            Gone(5, 1_800_000_000_000),
        ),
        ({"my_chat_member": {"chat": PRIVATE, "new_chat_member": {"status": "member"}}}, None),
        ({"message": {**MESSAGE, "chat": {"id": -100, "type": "supergroup"}}}, None),
        ({"message": {**MESSAGE, "from": {**ANA, "is_bot": True}}}, None),
        ({"my_chat_member": {"chat": {"id": -1, "type": "group"}, "new_chat_member": {"status": "kicked"}}}, None),
        ({"something_new": {"from": ANA}}, None),
    ],
)
def test_an_update_means(update: dict[str, Any], meaning: Event | None) -> None:
    assert event(update) == meaning


@pytest.mark.parametrize("text", ["/stop", "/STOP", "/stop@shop_bot", "/stopreminders", "/stopreminders@shop_bot now"])
def test_the_command_opts_out(text: str) -> None:
    assert event({"message": {**MESSAGE, "text": text}}) == sign(SEEN_MS, wish=Wish(undo=False, key="5/1"))


@pytest.mark.parametrize("text", ["stop", "/stopwatch", "/stop-it", " /stop", "please /stop", "/stop@", "/start"])
def test_other_texts_are_not_the_command(text: str) -> None:
    assert event({"message": {**MESSAGE, "text": text}}) == sign(SEEN_MS)


def test_an_edit_is_not_a_command() -> None:
    assert event({"edited_message": {**MESSAGE, "text": "/stop"}}) == sign(SEEN_MS)


TAPPED = {"message_id": 9, "chat": PRIVATE, "date": 0}
ELSEWHERE = {**TAPPED, "chat": {"id": -100, "type": "supergroup"}}


@pytest.mark.parametrize(
    ("tap", "wish"),
    [
        ({"data": "recovery:stop", "message": TAPPED}, Wish(undo=False, key="q", query_id="q", message_id=9)),
        ({"data": "recovery:undo", "message": TAPPED}, Wish(undo=True, key="q", query_id="q", message_id=9)),
        ({"data": "recovery:undo", "message": ELSEWHERE}, Wish(undo=True, key="q", query_id="q")),
        ({"data": "recovery:stop"}, Wish(undo=False, key="q", query_id="q")),
        ({"data": "recovery:else", "message": TAPPED}, None),
        ({"game_short_name": "x"}, None),
    ],
)
def test_a_tap_may_be_a_wish(tap: dict[str, Any], wish: Wish | None) -> None:
    assert event({"callback_query": {"id": "q", "from": ANA, **tap}}) == sign(UNDATED, wish=wish)


def test_a_broken_update_is_counted_and_affects_no_other() -> None:
    body = msgspec.json.encode(
        {
            "ok": True,
            "result": [
                {"update_id": 10, "message": MESSAGE},
                {"update_id": 11, "message": {"chat": 5}},
                {"update_id": 12, "callback_query": {"from": {"id": 5, "first_name": "BROKEN"}}},
                {"update_id": 13, "callback_query": {"from": ANA}},
            ],
        }
    )
    batch = read_answer(body.replace(b"BROKEN", b"\xff\xfe"))
    assert isinstance(batch, Batch)
    assert (batch.size, batch.last_id, len(batch.events), batch.broken) == (4, 13, 2, 2)


@pytest.mark.parametrize(
    "odd",
    [
        {"update_id": 11, "message": {**MESSAGE, "chat": {"id": 2**63, "type": "private"}}},
        {"update_id": 11, "message": {**MESSAGE, "date": -1}},
        {"update_id": 11, "message": {**MESSAGE, "successful_payment": {**PAID, "total_amount": 2**63}}},
        {"update_id": "11", "message": MESSAGE},
        {"message": MESSAGE},
        17,
    ],
)
def test_an_update_without_a_number_or_too_large_for_the_databases_is_skipped(odd: Any) -> None:
    updates = [odd, {"update_id": 12, "message": MESSAGE}]
    assert read_answer(msgspec.json.encode({"ok": True, "result": updates})) == Batch(2, 12, (sign(SEEN_MS),), 1)


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"[]", b'{"ok": true, "result": [{}]}'])
def test_an_unreadable_answer_is_a_value_and_not_raised(body: bytes) -> None:
    assert isinstance(read_answer(body), Refused)


def test_telegrams_refusal_is_a_value() -> None:
    body = b'{"ok":false,"error_code":409,"description":"Conflict"}'
    assert read_answer(body) == Refused(409, "Conflict")


@pytest.mark.parametrize(
    ("nearest_due_ms", "seconds"),
    [(-1, LONGEST_POLL_S), (0, SHORTEST_POLL_S), (10_999, 9), (11_000, 10), (10**9, LONGEST_POLL_S)],
)
def test_a_poll_ends_a_second_before_the_nearest_due(nearest_due_ms: int, seconds: int) -> None:
    assert timeout_s(0, nearest_due_ms) == seconds

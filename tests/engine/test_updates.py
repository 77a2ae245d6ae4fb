"""What an update says to us, whatever Telegram puts around it."""

from typing import Any

import msgspec
import pytest

from engine.receiver.poll import LONGEST_POLL_S, SHORTEST_POLL_S, timeout_s
from engine.receiver.updates import UNDATED, Batch, Gone, Payment, Refused, Sign, read_answer

ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ana"}
MESSAGE: dict[str, Any] = {"message_id": 1, "from": ANA, "chat": PRIVATE, "date": 1_800_000_000, "text": "secret"}
SEEN_MS = 1_800_000_000_999


def answer(*updates: dict[str, Any]) -> Batch | Refused:
    numbered = [{"update_id": 10 + place, **update} for place, update in enumerate(updates)]
    return read_answer(msgspec.json.encode({"ok": True, "result": numbered}))


def event(update: dict[str, Any]) -> Sign | Gone | None:
    batch = answer(update)
    assert isinstance(batch, Batch)
    return batch.events[0] if batch.events else None


def sign(seen_ms: int, payment: Payment | None = None) -> Sign:
    return Sign(5, seen_ms, "Ana", "ana", "pt-br", payment)


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
        ({"message": {**MESSAGE, "successful_payment": PAID}}, sign(SEEN_MS, Payment("c1", 5, "XTR"))),
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
def test_an_update_means(update: dict[str, Any], meaning: Sign | Gone | None) -> None:
    assert event(update) == meaning


def test_a_broken_update_harms_no_other_and_is_counted() -> None:
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
def test_what_no_store_could_hold_or_has_no_number_is_skipped(odd: Any) -> None:
    updates = [odd, {"update_id": 12, "message": MESSAGE}]
    assert read_answer(msgspec.json.encode({"ok": True, "result": updates})) == Batch(2, 12, (sign(SEEN_MS),), 1)


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"[]", b'{"ok": true, "result": [{}]}'])
def test_what_is_no_answer_is_refused_and_not_raised(body: bytes) -> None:
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

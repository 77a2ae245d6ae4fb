"""What an update means, no matter what Telegram puts around it."""

from typing import Any

import msgspec
import pytest

from engine.receiver.events import UNDATED, Charge, Event, Gone, Refund, Renewal, SignOfLife, Wish
from engine.receiver.polling_feed import LONGEST_POLL_S, SHORTEST_POLL_S, timeout_s
from engine.receiver.updates import Batch, Reading, read_answer, read_update
from engine.telegram.raw_updates import Label
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


def sign(
    seen_ms: int, payment: Charge | None = None, wish: Wish | None = None, *, if_known: bool = False
) -> SignOfLife:
    return SignOfLife(5, seen_ms, "Ana", "ana", "pt-br", payment, wish, if_known)


GROUP = {"id": -100, "type": "supergroup"}


TAPPED = {"message_id": 9, "chat": PRIVATE, "date": 0}
ELSEWHERE = {**TAPPED, "chat": GROUP}
EDITED = {**MESSAGE, "edit_date": 1_800_000_060}
REACTION = {
    "chat": PRIVATE,
    "message_id": 1,
    "user": ANA,
    "date": 1_800_000_000,
    "old_reaction": [],
    "new_reaction": [1],
}
STOPS = Wish(undo=False, key="5/1")
PAID = {"currency": "XTR", "total_amount": 5, "telegram_payment_charge_id": "c1", "invoice_payload": "p"}
RENEWED = {**PAID, "is_recurring": True}


@pytest.mark.parametrize(
    ("update", "meaning"),
    [
        ({"message": MESSAGE}, sign(SEEN_MS)),
        ({"message": {**MESSAGE, "new_field": [1]}, "other": {}}, sign(SEEN_MS)),
        ({"edited_message": {**MESSAGE, "edit_date": 1_800_000_060}}, sign(SEEN_MS + 60_000)),
        ({"edited_message": MESSAGE}, None),
        ({"edited_message": {**EDITED, "location": {"latitude": 1, "longitude": 2, "live_period": 900}}}, None),
        ({"edited_message": {**EDITED, "location": {"latitude": 1, "longitude": 2}}}, None),
        ({"edited_message": {**EDITED, "via_bot": {**ANA, "is_bot": True}}}, None),
        ({"edited_message": {**EDITED, "chat": GROUP}}, None),
        ({"callback_query": {"id": "1", "from": ANA, "data": "x", "message": TAPPED}}, sign(UNDATED)),
        ({"callback_query": {"id": "1", "from": ANA, "data": "x"}}, sign(UNDATED, if_known=True)),
        ({"callback_query": {"id": "1", "from": ANA, "message": ELSEWHERE}}, sign(UNDATED, if_known=True)),
        (
            {"callback_query": {"id": "1", "from": ANA, "message": {**TAPPED, "business_connection_id": "b"}}},
            sign(UNDATED, if_known=True),
        ),
        (
            {"callback_query": {"id": "1", "from": ANA, "message": {**TAPPED, "guest_query_id": "g"}}},
            sign(UNDATED, if_known=True),
        ),
        ({"callback_query": {"id": "1", "from": {**ANA, "is_bot": True}, "message": TAPPED}}, None),
        ({"inline_query": {"id": "1", "from": ANA, "query": "q"}}, sign(UNDATED, if_known=True)),
        ({"chosen_inline_result": {"result_id": "1", "from": ANA, "query": "q"}}, sign(UNDATED, if_known=True)),
        ({"pre_checkout_query": {"id": "1", "from": ANA}}, sign(UNDATED, if_known=True)),
        ({"shipping_query": {"id": "1", "from": ANA}}, sign(UNDATED, if_known=True)),
        ({"poll_answer": {"poll_id": "1", "user": ANA}}, sign(UNDATED, if_known=True)),
        ({"poll_answer": {"poll_id": "1", "voter_chat": {"id": -100, "type": "channel"}}}, None),
        ({"message_reaction": REACTION}, sign(SEEN_MS, if_known=True)),
        ({"message_reaction": {**REACTION, "new_reaction": []}}, sign(SEEN_MS, if_known=True)),
        ({"message_reaction": {**REACTION, "chat": GROUP}}, None),
        ({"message_reaction": {**REACTION, "user": None, "actor_chat": GROUP}}, None),
        (
            {"purchased_paid_media": {"from": ANA, "paid_media_payload": "secret"}},
            sign(UNDATED, Charge("paid_media:5:10", 0, "XTR"), if_known=True),
        ),
        ({"subscription": {"user": ANA, "invoice_payload": "p", "state": "canceled"}}, sign(UNDATED, if_known=True)),
        ({"subscription": {"user": ANA, "invoice_payload": "p", "state": "active"}}, sign(UNDATED, if_known=True)),
        ({"subscription": {"user": ANA, "invoice_payload": "p", "state": "failed"}}, None),
        (
            {"stopped_message_generation": {"chat": PRIVATE, "draft_id": 1}},
            SignOfLife(5, UNDATED, None, None, None, if_known=True),
        ),
        ({"stopped_message_generation": {"chat": GROUP, "draft_id": 1}}, None),
        ({"guest_message": {**MESSAGE, "chat": GROUP, "guest_query_id": "g"}}, sign(SEEN_MS, if_known=True)),
        ({"guest_message": {**MESSAGE, "guest_query_id": "g"}}, sign(SEEN_MS, if_known=True)),
        ({"guest_message": {**MESSAGE, "from": {**ANA, "is_bot": True}}}, None),
        ({"business_message": {**MESSAGE, "business_connection_id": "b"}}, None),
        ({"message": {**MESSAGE, "business_connection_id": "b"}}, None),
        ({"message": {**MESSAGE, "guest_query_id": "g"}}, None),
        ({"message": {**MESSAGE, "via_bot": {**ANA, "is_bot": True}}}, sign(SEEN_MS)),
        ({"message": {**MESSAGE, "location": {"latitude": 1, "longitude": 2, "live_period": 900}}}, sign(SEEN_MS)),
        ({"message": {**MESSAGE, "is_from_offline": True}}, None),
        ({"message": {**MESSAGE, "text": "/stop", "is_from_offline": True}}, sign(SEEN_MS, wish=STOPS)),
        ({"message": {**MESSAGE, "proximity_alert_triggered": {"distance": 5}}}, None),
        ({"message": {**MESSAGE, "successful_payment": RENEWED}}, Renewal(5, SEEN_MS, Charge("c1", 5, "XTR"))),
        (
            {"message": {**MESSAGE, "successful_payment": {**RENEWED, "is_first_recurring": True}}},
            sign(SEEN_MS, Charge("c1", 5, "XTR")),
        ),
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
    assert event({"message": {**MESSAGE, "text": text}}) == sign(SEEN_MS, wish=STOPS)


@pytest.mark.parametrize("text", ["stop", "/stopwatch", "/stop-it", " /stop", "please /stop", "/stop@", "/start"])
def test_other_texts_are_not_the_command(text: str) -> None:
    assert event({"message": {**MESSAGE, "text": text}}) == sign(SEEN_MS)


def test_an_edit_is_not_a_command() -> None:
    assert event({"edited_message": {**EDITED, "text": "/stop"}}) == sign(SEEN_MS + 60_000)


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
    own = tap.get("message") == TAPPED
    assert event({"callback_query": {"id": "q", "from": ANA, **tap}}) == sign(UNDATED, wish=wish, if_known=not own)


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
    assert (batch.size, batch.last_id, len(batch.events)) == (4, 13, 2)
    assert batch.bad == (Label(11, "message"), Label(12, "callback_query"))


BAD_VALUES = {
    "half of a surrogate pair": rb'"\ud83d"',
    "the halves of a pair the wrong way round": rb'"\ude00\ud83d"',
    "absurd nesting": b"[" * 20_000 + b"]" * 20_000,
    "absurd nesting of objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "no number": b"NaN",
    "no finite number": b"-Infinity",
    "a number with a zero in front": b"01",
    "a raw line break": b'"a\nb"',
    "an escape that there is not": rb'"\q"',
    "nothing": b"",
    "a word": b"True",
}
BAD_FIELDS = {
    "not UTF-8": b'"text":"\xff\xfe"',
    "a whole number written as a float": b'"date":1.8e9',
    "a float without a fraction": b'"date":1800000000.0',
    "a huge number": b'"date":' + b"9" * 5_000,
    "a second chat": b'"chat":5',
    **{what: b'"odd":' + value for what, value in BAD_VALUES.items()},
}


@pytest.mark.parametrize("field", BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_whatever_an_update_contains_the_next_takes_effect(field: bytes) -> None:
    message = msgspec.json.encode(MESSAGE)
    bad = b'{"update_id":11,"message":%s,%s}}' % (message[:-1], field)
    body = b'{"ok":true,"result":[%s,{"update_id":12,"message":%s}]}' % (bad, message)
    assert read_answer(body) == Batch(2, (11, 12), (sign(SEEN_MS),), (Label(11, "message"),))
    assert read_update(bad) == Reading(11, None, Label(11, "message"))


def test_a_repeated_number_confirms_nothing_that_is_yet_to_come() -> None:
    message = msgspec.json.encode(MESSAGE)
    bad = b'{"update_id":11,"message":%s,"update_id":900}' % message
    batch = read_answer(b'{"ok":true,"result":[%s,{"update_id":12,"message":%s}]}' % (bad, message))
    assert isinstance(batch, Batch)
    assert batch.last_id == 12


@pytest.mark.parametrize(
    "odd",
    [
        {"update_id": 11, "message": {**MESSAGE, "chat": {"id": 2**63, "type": "private"}}},
        {"update_id": 11, "message": {**MESSAGE, "date": -1}},
        {"update_id": 11, "message": {**MESSAGE, "successful_payment": {**PAID, "total_amount": 2**63}}},
        {"update_id": 11, "message": {**MESSAGE, "successful_payment": {**PAID, "total_amount": -1}}},
        {"update_id": 11, "message": {**MESSAGE, "successful_payment": {**PAID, "currency": "STARS"}}},
        {"update_id": 11, "message": {**MESSAGE, "successful_payment": {**PAID, "telegram_payment_charge_id": "a\0"}}},
        {
            "update_id": 11,
            "message": {**MESSAGE, "successful_payment": {**PAID, "telegram_payment_charge_id": "a" * 201}},
        },
        {"update_id": 11, "message": {**MESSAGE, "from": {**ANA, "id": 2**60}}},
        {"update_id": 11, "inline_query": {"from": {**ANA, "id": -5}}},
        {"update_id": 2**31, "message": MESSAGE},
        {"update_id": "11", "message": MESSAGE},
        {"message": MESSAGE},
        17,
    ],
)
def test_an_update_without_a_number_or_too_large_for_the_databases_is_skipped(odd: Any) -> None:
    batch = read_answer(msgspec.json.encode({"ok": True, "result": [odd, {"update_id": 12, "message": MESSAGE}]}))
    assert isinstance(batch, Batch)
    assert (batch.size, batch.last_id, batch.events, len(batch.bad)) == (2, 12, (sign(SEEN_MS),), 1)


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"[]", b'{"ok": true}', b'{"ok": true, "result": [{}]}'])
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
    assert timeout_s(0, nearest_due_ms, 0) == seconds

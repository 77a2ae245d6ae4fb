"""Deleting one message and many, and messages that are too old."""

from typing import Any

import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller
from tests.sandbox.hall import HOUR_MS, PERSON, Hall

TOO_OLD = (400, "Bad Request: message can't be deleted for everyone")


async def test_a_deleted_message_is_gone_once(bot: Caller, client: SandboxClient, person: int) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="x")).result["message_id"]
    assert (await bot("deleteMessage", chat_id=person, message_id=sent)).result is True
    assert (await client.transcript("shop_bot", person)).messages[-1].deleted
    again = await bot("deleteMessage", chat_id=person, message_id=sent)
    assert again.refusal == (400, "Bad Request: message to delete not found")


async def test_many_messages_are_deleted_and_missing_ones_skipped(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    for text in "abc":
        await bot("sendMessage", chat_id=person, text=text)
    assert (await bot("deleteMessages", chat_id=person, message_ids=[2, 4, 99])).result is True
    messages = (await client.transcript("shop_bot", person)).messages
    assert [one.message_id for one in messages if one.deleted] == [2, 4]
    (row,) = [row for row in (await client.record()).rows if row.method == "deleteMessages"]
    assert all(row.arrived_ms <= (one.deleted_ms or 0) <= (row.completed_ms or 0) for one in messages if one.deleted)
    assert [one.message_id for one in messages if one.deleted_ms is None] == [1, 3]
    assert (await bot("deleteMessages", chat_id=person, message_ids="[2]")).result is True


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({}, "message identifiers are not specified"),
        ({"message_ids": []}, "message identifiers are not specified"),
        ({"message_ids": "["}, "can't parse message_ids JSON object"),
        ({"message_ids": "5"}, "expected an Array of message identifiers"),
        ({"message_ids": list(range(1, 102))}, "too many message identifiers specified"),
        ({"message_ids": [[1]]}, "message identifier must be a Number"),
        ({"message_ids": ["x"]}, "can't parse message identifier as Number"),
        ({"message_ids": [2**31]}, "can't parse message identifier as Number"),
        ({"message_ids": [0]}, "invalid message identifier specified"),
        ({"message_ids": [1], "chat_id": 1}, "chat not found"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(given: dict[str, Any], description: str) -> None:
    assert Hall().refusal("deleteMessages", **{"chat_id": PERSON, **given}) == (400, f"Bad Request: {description}")


def test_a_message_can_be_deleted_for_two_days() -> None:
    hall = Hall()
    hall.now_ms += 48 * HOUR_MS
    assert hall.call("deleteMessage", chat_id=PERSON, message_id=1)


def test_an_older_message_cannot_be_deleted() -> None:
    hall = Hall()
    hall.now_ms += 48 * HOUR_MS + 1
    assert hall.refusal("deleteMessage", chat_id=PERSON, message_id=1) == TOO_OLD


def test_a_message_that_is_too_old_keeps_the_others_from_being_deleted() -> None:
    hall = Hall()
    hall.now_ms += 48 * HOUR_MS + 1
    young = hall.send()
    assert hall.refusal("deleteMessages", chat_id=PERSON, message_ids=[young, 1]) == TOO_OLD
    assert not hall.chat.messages[young].deleted
    assert hall.call("deleteMessages", chat_id=PERSON, message_ids=[young, 99])
    assert hall.chat.messages[young].deleted
    assert hall.chat.messages[young].deleted_ms == hall.now_ms


def test_messages_that_are_not_named_are_not_deleted() -> None:
    hall = Hall()
    assert hall.refusal("deleteMessage", message_id=1) == (400, "Bad Request: chat identifier is not specified")
    assert hall.refusal("deleteMessage", chat_id=PERSON) == (400, "Bad Request: message identifier is not specified")


def test_a_bot_can_delete_where_it_is_blocked_but_not_where_the_account_is_deleted() -> None:
    hall = Hall()
    sent = hall.send()
    hall.act("block")
    assert hall.call("deleteMessage", chat_id=PERSON, message_id=sent)
    hall.act("delete_account")
    assert hall.refusal("deleteMessage", chat_id=PERSON, message_id=1) == (403, "Forbidden: user is deactivated")

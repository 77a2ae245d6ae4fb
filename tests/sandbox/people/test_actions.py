"""What people do, and which update the bot gets for it."""

from typing import Any

import pytest

from bench.sandbox import ControlFailedError, SandboxClient
from bench.sandbox.people.actions import perform
from bench.sandbox.protocol import Act
from tests.sandbox.caller import Caller
from tests.sandbox.hall import PERSON, Hall


async def newest(bot: Caller) -> dict[str, Any]:
    (update,) = (await bot("getUpdates", offset=-1)).result
    found: dict[str, Any] = update
    return found


async def test_a_written_text_arrives(bot: Caller, client: SandboxClient, person: int) -> None:
    act = await client.write("shop_bot", person, "hello")
    update = await newest(bot)
    assert update["message"]["text"] == "hello"
    assert update["message"]["message_id"] == act.message_id == 2
    assert update["message"]["chat"] | {"type": "private", "id": person} == update["message"]["chat"]


async def test_an_edit_arrives_with_the_old_id_and_date(bot: Caller, client: SandboxClient, person: int) -> None:
    written = await client.write("shop_bot", person, "helo")
    edited = await client.edit("shop_bot", person, "hello")
    message = (await newest(bot))["edited_message"]
    assert (message["message_id"], message["date"]) == (written.message_id, written.date)
    assert (message["text"], message["edit_date"]) == ("hello", edited.date)


async def test_a_payment_arrives_as_a_message(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.pay("shop_bot", person, amount=50, payload="plan-a")
    payment = (await newest(bot))["message"]["successful_payment"]
    assert (payment["currency"], payment["total_amount"], payment["invoice_payload"]) == ("XTR", 50, "plan-a")
    assert payment["telegram_payment_charge_id"]


async def test_blocking_and_unblocking_arrive_as_a_change_of_membership(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    for act, before, after in (("block", "member", "kicked"), ("unblock", "kicked", "member")):
        await getattr(client, act)("shop_bot", person)
        change = (await newest(bot))["my_chat_member"]
        assert change["old_chat_member"]["status"] == before
        assert change["new_chat_member"]["status"] == after
        assert change["chat"]["id"] == person


async def test_starting_again_unblocks_first(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.block("shop_bot", person)
    await client.start("shop_bot", person)
    last_two = (await bot("getUpdates", offset=-2)).result
    assert [set(update) - {"update_id"} for update in last_two] == [{"my_chat_member"}, {"message"}]


async def test_a_block_affects_only_one_bot(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.start("course_bot", person)
    await client.block("course_bot", person)
    assert (await bot("sendMessage", chat_id=person, text="x")).status == 200


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ({"deed": "tap"}, "there is no such message to act on"),
        ({"deed": "edit", "message_id": 9, "text": "x"}, "there is no such message to act on"),
        ({"deed": "write"}, "there is no text to write"),
        ({"deed": "unblock"}, "the bot is not blocked"),
        ({"deed": "write", "text": "x", "bot": "nobody_bot"}, "there is no bot nobody_bot"),
        ({"deed": "write", "text": "x", "person": 3}, "there is no person 3"),
    ],
)
async def test_an_impossible_act_is_refused_with_the_reason(
    client: SandboxClient, person: int, act: dict[str, Any], error: str
) -> None:
    with pytest.raises(ControlFailedError, match=error):
        await client.do(Act(**{"bot": "shop_bot", "person": person, **act}))


async def test_a_blocked_bot_hears_nothing(client: SandboxClient, person: int) -> None:
    await client.block("shop_bot", person)
    with pytest.raises(ControlFailedError, match="the bot is blocked by this person"):
        await client.write("shop_bot", person, "hello")


async def test_a_deleted_account_does_nothing(client: SandboxClient, person: int) -> None:
    await client.delete_account("shop_bot", person)
    with pytest.raises(ControlFailedError, match="the account is deleted"):
        await client.start("shop_bot", person)


async def test_thousands_act_in_one_call_and_each_learns_its_update(bot: Caller, client: SandboxClient) -> None:
    people = await client.add_people(2000)
    results = await client.act([Act("start", bot.bot.id, one.id) for one in people])
    ids = [result.update_id for result in results]
    assert ids == list(range(ids[0] or 0, (ids[0] or 0) + 2000))
    assert (await bot("getWebhookInfo")).result["pending_update_count"] == 2000


async def test_one_refused_act_does_not_stop_the_others(client: SandboxClient, person: int) -> None:
    refused, done = await client.act([Act("unblock", "shop_bot", person), Act("write", "shop_bot", person, text="x")])
    assert refused.error == "the bot is not blocked"
    assert refused.update_id is None
    assert done.error is None
    assert done.update_id is not None


def test_what_people_write_is_cleaned_and_read_like_a_bots_text() -> None:
    hall = Hall()
    hall.act("write", text="/stop\t\u2028@shop_bot ")
    message = next(reversed(hall.chat.messages.values())).message
    assert message.text == "/stop @shop_bot"
    assert [(one.type, one.offset, one.length) for one in message.entities] == [
        ("bot_command", 0, 5),
        ("mention", 6, 9),
    ]
    refused = perform(hall.state, Act("write", "shop_bot", PERSON, text="\u200b"), hall.now_ms)
    assert refused.error == "there is no text to write"

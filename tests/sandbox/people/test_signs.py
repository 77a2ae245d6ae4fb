"""Signs that people give besides writing and tapping, in their chat with the bot and elsewhere."""

from typing import Any

import pytest

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.shapes import misfits
from bench.sandbox.bot_api.spec import read_spec
from bench.sandbox.protocol import Act, Deed
from tests.sandbox.caller import Caller

ASKED = ["message", "edited_message", "message_reaction", "inline_query", "callback_query", "poll_answer"]


async def newest(bot: Caller) -> dict[str, Any]:
    (update,) = (await bot("getUpdates", offset=-1, allowed_updates=[*ASKED, "purchased_paid_media"])).result
    spec = read_spec()
    assert list(misfits(spec.types["Update"], update, spec.types)) == []
    found: dict[str, Any] = update
    return found


async def test_a_reaction_comes_to_a_bot_that_asks_for_reactions(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="hi")).result["message_id"]
    assert (await client.do(Act("react", "shop_bot", person))).update_id is None
    await newest(bot)
    await client.do(Act("react", "shop_bot", person, text="🎉"))
    reaction = (await newest(bot))["message_reaction"]
    assert (reaction["chat"]["id"], reaction["message_id"], reaction["user"]["id"]) == (person, sent, person)
    assert reaction["new_reaction"] == [{"type": "emoji", "emoji": "🎉"}]


async def test_a_live_location_moves(bot: Caller, client: SandboxClient, person: int) -> None:
    shared = await client.do(Act("share_location", "shop_bot", person))
    before = (await newest(bot))["message"]
    await client.do(Act("move", "shop_bot", person))
    after = (await newest(bot))["edited_message"]
    assert before["message_id"] == after["message_id"] == shared.message_id
    assert before["location"]["latitude"] != after["location"]["latitude"]
    assert after["location"]["live_period"]
    assert after["edit_date"]


async def test_a_renewal_is_a_payment_that_is_not_the_first(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.do(Act("renew", "shop_bot", person, amount=50))
    paid = (await newest(bot))["message"]["successful_payment"]
    assert (paid["total_amount"], paid["is_recurring"], paid.get("is_first_recurring")) == (50, True, None)
    await client.pay("shop_bot", person)
    assert "is_recurring" not in (await newest(bot))["message"]["successful_payment"]


ELSEWHERE: list[tuple[Deed, str, dict[str, Any]]] = [
    ("inline_query", "inline_query", {"query": "words", "chat_type": "private"}),
    ("tap_in_group", "callback_query", {"data": "buy"}),
    ("vote_elsewhere", "poll_answer", {"option_ids": [1]}),
    ("buy_media", "purchased_paid_media", {"paid_media_payload": "film"}),
]


@pytest.mark.parametrize(("deed", "kind", "holds"), ELSEWHERE)
async def test_a_stranger_does_it_without_starting_the_bot(
    bot: Caller, client: SandboxClient, deed: Deed, kind: str, holds: dict[str, Any]
) -> None:
    (stranger,) = await client.add_people(1)
    await client.do(Act(deed, "shop_bot", stranger.id, text="words", data="buy", options=(1,), payload="film"))
    update = (await newest(bot))[kind]
    assert holds.items() <= update.items()
    assert (update.get("from") or update["user"])["id"] == stranger.id
    refused = await bot("sendMessage", chat_id=stranger.id, text="hi")
    assert refused.refusal[0] == 403

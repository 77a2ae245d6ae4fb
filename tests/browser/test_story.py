"""The page as a newcomer meets it, told three times: in the light, in the dark, and on a phone."""

import pytest

from bench.sandbox import SandboxClient
from tests.browser.visitor import Visitor
from tests.sandbox.caller import Caller

KEYBOARD = {"inline_keyboard": [[{"text": "Quero saber mais", "callback_data": "more"}]]}
OFFER = "Hoje o curso custa <s>R$ 99</s> <b>R$ 49</b>. <tg-spoiler>Cupom VOLTA10</tg-spoiler>"


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_a_visitor_writes_taps_and_sees_what_becomes_of_it(
    visitor: Visitor, client: SandboxClient, bot: Caller, person: int, look: str
) -> None:
    await visitor.looks(look)
    await visitor.plays(person)
    await visitor.writes("Oi! Quanto custa?")
    said = (await client.transcript("shop_bot", person)).messages
    assert [one.text for one in said] == ["/start", "Oi! Quanto custa?"]

    await bot("sendChatAction", chat_id=person, action="typing")
    await visitor.sees("typing", "#chat-hint")
    asked = (await bot("sendMessage", chat_id=person, text="Ficou alguma dúvida?", reply_markup=KEYBOARD)).result
    await visitor.taps("Quero saber mais")
    await visitor.tab.until("document.querySelector('.key[aria-busy]')")
    await visitor.keeps(f"story-{look}-1-tapped")
    (tap,) = (await client.transcript("shop_bot", person)).taps
    assert tap.data == "more"
    await bot("answerCallbackQuery", callback_query_id=tap.id, text="Já te conto!")
    await visitor.sees("Já te conto!", "#toast")
    await visitor.tab.until("!document.querySelector('.key[aria-busy]')")

    edited = {"chat_id": person, "message_id": asked["message_id"], "text": OFFER, "parse_mode": "HTML"}
    await bot("editMessageText", **edited)
    await visitor.sees("Hoje o curso custa R$ 99 R$ 49.")
    await visitor.sees("edited", ".foot")
    await visitor.keeps(f"story-{look}-2-edited")

    await bot("deleteMessage", chat_id=person, message_id=asked["message_id"])
    await visitor.sees("deleted by the bot")
    await visitor.tab.click("#block")
    await visitor.sees("Unblock", "#instead")
    assert (await bot("sendMessage", chat_id=person, text="Ainda aí?")).status == 403
    await visitor.keeps(f"story-{look}-3-blocked")
    await visitor.tab.click("#instead")
    await visitor.writes("Voltei!")

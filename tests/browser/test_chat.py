"""What the chat shows beside its messages: keyboards beneath the text field, marks, links that stay here, and folds."""

import json

from bench.sandbox import SandboxClient
from tests.browser.visitor import Visitor
from tests.sandbox.caller import Caller


async def test_a_keyboard_beneath_the_text_field_is_pressed(visitor: Visitor, bot: Caller, person: int) -> None:
    rows = [["Quero o curso", "Agora não"], [{"text": "Enviar meu número", "request_contact": True}]]
    markup = {"keyboard": rows, "one_time_keyboard": True, "input_field_placeholder": "Escolha"}
    await bot("sendMessage", chat_id=person, text="E então?", reply_markup=markup)
    await visitor.plays(person)
    await visitor.sees("Enviar meu número", "#replies")
    assert await visitor.tab.evaluate("document.querySelector('#text').placeholder") == "Escolha"
    assert await visitor.tab.evaluate("document.querySelectorAll('#replies .key:disabled').length") == 1
    await visitor.keeps("reply-keyboard")
    await visitor.taps("Quero o curso")
    await visitor.sees("Quero o curso")
    await visitor.tab.until("document.querySelector('#replies').hidden")
    await visitor.tab.click("#keyboard")
    await visitor.tab.until("!document.querySelector('#replies').hidden")
    await bot("sendMessage", chat_id=person, text="Certo.", reply_markup={"remove_keyboard": True})
    await visitor.tab.until("document.querySelector('#replies').hidden && document.querySelector('#keyboard').hidden")


async def test_a_message_that_brings_a_keyboard_stays_in_sight(
    visitor: Visitor, client: SandboxClient, bot: Caller, person: int
) -> None:
    at_end = "(box => box.scrollHeight - box.scrollTop - box.clientHeight < 2)(document.querySelector('#messages'))"
    rows = {"keyboard": [[f"row {one}"] for one in range(9)]}
    for one in range(40):
        await bot("sendMessage", chat_id=person, text=f"line {one}")
    await visitor.plays(person)
    await visitor.sees("line 39")
    await bot("sendMessage", chat_id=person, text="choose", reply_markup=rows)
    await visitor.sees("row 8", "#replies")
    await visitor.drawn()
    assert await visitor.tab.evaluate(at_end)
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    await visitor.tab.click(f"a[href='#shop_bot/{other.id}']")
    await visitor.sees(other.first_name, "#chat-hint")
    await visitor.tab.click(f"a[href='#shop_bot/{person}']")
    await visitor.sees("row 8", "#replies")
    await visitor.drawn()
    assert await visitor.tab.evaluate(at_end)


async def test_no_name_turns_the_sentence_around_it(visitor: Visitor, client: SandboxClient) -> None:
    (person,) = await client.add_people(1, names=("Ana\u202esouza",))
    await client.start("shop_bot", person.id)
    await visitor.plays(person.id)
    await visitor.sees("Ana\u202esouza", "#chat-hint")
    ends = """(([name, bot]) => { const range = document.createRange(); range.selectNode(name);
      return range.getBoundingClientRect().right <= bot.getBoundingClientRect().left + 1
    })(document.querySelector('#chat-hint').childNodes)"""
    assert await visitor.tab.evaluate(ends)


async def test_a_call_that_is_not_modelled_leaves_a_mark(visitor: Visitor, bot: Caller, person: int) -> None:
    await visitor.plays(person)
    await bot("sendMessage", chat_id=person, text="before")
    await bot("sendDice", chat_id=person)
    await bot("sendMessage", chat_id=person, text="after")
    await visitor.sees("after")
    await visitor.sees("sendDice: the sandbox does not model this call", ".unmodelled")
    order = "[...document.querySelector('#messages').children].map(one => one.innerText)"
    before, mark, after = (await visitor.tab.evaluate(order))[-3:]
    assert ("before" in before, "sendDice" in mark, "after" in after) == (True, True, True)
    await visitor.keeps("unmodelled")


async def test_a_link_that_starts_a_bot_stays_in_the_sandbox(
    visitor: Visitor, client: SandboxClient, bot: Caller, person: int
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Begin", "url": "https://t.me/Course_Bot?start=spring"}]]}
    text = "tg://resolve?domain=course_bot&start=a @course_bot t.me/nobody_bot?start=b"
    await bot("sendMessage", chat_id=person, text=text, reply_markup=keyboard)
    await visitor.plays(person)
    links = "[...document.querySelectorAll('.text a')].map(one => one.getAttribute('href'))"
    await visitor.sees("@course_bot", ".text a")
    assert await visitor.tab.evaluate(links) == [
        f"#course_bot/{person}?start=a",
        f"#course_bot/{person}",
        "https://t.me/nobody_bot?start=b",
    ]
    await visitor.taps("Begin")
    await visitor.sees("Start · spring", "#instead")
    await visitor.tab.click("#instead")
    await visitor.sees("/start spring")
    await visitor.tab.until(f"location.hash === '#course_bot/{person}'")
    assert (await client.transcript("course_bot", person)).messages[0].text == "/start spring"
    await visitor.tab.open(f"{visitor.address}/#course_bot/{person}?start=again")
    await visitor.sees("Start · again", "#instead")
    await visitor.tab.click("#instead")
    await visitor.sees("/start again")
    await visitor.tab.until("document.querySelector('#instead').hidden")


async def test_every_spelling_of_a_link_to_a_bot_leads_to_its_chat(visitor: Visitor, person: int) -> None:
    inside = ("https://www.t.me/shop_bot", "https://Shop_Bot.t.me/", "TG://RESOLVE?domain=shop_bot", "T.ME/shop_bot/")
    outside = (
        "https://t.me/shop_bot/12",
        "https://t.me.example.com/shop_bot",
        "https://shop_bot.t.me/12",
        "https://t.me",
    )
    await visitor.plays(person)
    href = "import('./sandbox-links.js').then(links => links.linked({url}, {{}})?.getAttribute('href') ?? null)"
    for url in inside:
        assert await visitor.tab.evaluate(href.format(url=json.dumps(url))) == f"#shop_bot/{person}", url
    for url in outside:
        assert not str(await visitor.tab.evaluate(href.format(url=json.dumps(url)))).startswith("#"), url


async def test_deleted_messages_fold_and_unfold(visitor: Visitor, bot: Caller, person: int) -> None:
    sent = [(await bot("sendMessage", chat_id=person, text=f"line {one}")).result["message_id"] for one in range(6)]
    for message_id in (*sent[:4], sent[5]):
        await bot("deleteMessage", chat_id=person, message_id=message_id)
    await visitor.plays(person)
    await visitor.sees("4 deleted messages: show", ".fold")
    await visitor.keeps("folded")
    struck = "document.querySelectorAll('.message.deleted').length"
    assert await visitor.tab.evaluate(struck) == 1
    await visitor.tab.click(".fold")
    await visitor.sees("line 0")
    assert await visitor.tab.evaluate(struck) == 5

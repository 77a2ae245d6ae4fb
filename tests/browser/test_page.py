"""What the page does beside the story: two visitors, the keyboard, the address, both languages, and hostile words."""

import json

from bench.sandbox import Sandbox, SandboxClient
from tests.browser.devtools import DevTools
from tests.browser.visitor import Visitor
from tests.sandbox.caller import Caller

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script> & {name}"


async def test_two_visitors_play_side_by_side(
    visitor: Visitor, devtools: DevTools, sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int
) -> None:
    (admin,) = await client.add_people(1)
    async with devtools.tab() as tab:
        other = Visitor(tab, sandbox.control_url, visitor.pictures)
        await other.looks("dark")
        await visitor.plays(person)
        await other.plays(admin.id, "course_bot")
        await tab.click("#instead")
        await other.sees("/start")
        await other.writes("I am the admin")
        await visitor.writes("I am the user")
        await bot("sendMessage", chat_id=person, text="Only for the user")
        await visitor.sees("Only for the user")
        assert "Only for the user" not in await tab.evaluate("document.querySelector('#messages').innerText")
        await other.sees("Only for the user", ".person .about")
        await other.sees("3", ".badge")
        await visitor.keeps("side-by-side-user")
        await other.keeps("side-by-side-admin")
        other.was_pleased()


async def test_a_reload_shows_the_same_chat(visitor: Visitor, client: SandboxClient, person: int) -> None:
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    await visitor.plays(person)
    await visitor.tab.click(f"a[href='#shop_bot/{other.id}']")
    await visitor.sees(other.first_name, "#chat-hint")
    await visitor.tab.ask("Page.reload")
    await visitor.tab.until(f"location.hash === '#shop_bot/{other.id}' && document.readyState === 'complete'")
    await visitor.sees(other.first_name, "#chat-hint")


async def test_a_deep_link_starts_with_its_payload(visitor: Visitor, client: SandboxClient) -> None:
    (person,) = await client.add_people(1)
    await visitor.tab.open(f"{visitor.address}/#shop_bot/{person.id}?start=spring")
    await visitor.tab.click("#instead")
    await visitor.sees("/start spring")
    assert (await client.transcript("shop_bot", person.id)).messages[0].text == "/start spring"


async def test_hostile_words_stay_words(visitor: Visitor, bot: Caller, person: int) -> None:
    await visitor.plays(person)
    await visitor.writes(HOSTILE)
    keyboard = {"inline_keyboard": [[{"text": HOSTILE, "callback_data": HOSTILE[:64]}]]}
    await bot("sendMessage", chat_id=person, text=HOSTILE + "!", reply_markup=keyboard)
    await visitor.sees(HOSTILE + "!")
    await visitor.sees(HOSTILE, ".key")
    assert await visitor.tab.evaluate("document.querySelectorAll('#chat img, #chat script').length") == 0
    assert "taken" not in await visitor.tab.evaluate("document.title")


async def test_the_keyboard_is_enough(visitor: Visitor, client: SandboxClient, person: int) -> None:
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    tab = visitor.tab
    await visitor.plays(person)
    await tab.until("document.activeElement.id === 'text'")
    await tab.type("Oi")
    await tab.press("Enter", shift=True)
    await tab.type("Bom dia")
    await tab.press("Enter")
    await visitor.sees("Oi\nBom dia")
    await tab.press("ArrowUp")
    await visitor.sees("Edit the message", "#bound")
    await tab.type(", e boa noite")
    await tab.press("Enter")
    await visitor.sees("Bom dia, e boa noite")
    await visitor.sees("edited", ".foot")
    await tab.press("ArrowUp", alt=True)
    await tab.until(f"location.hash === '#shop_bot/{other.id}'")
    await tab.press("ArrowDown", alt=True)
    await tab.until(f"location.hash === '#shop_bot/{person}'")
    await visitor.sees("Bruno", "#chat-hint")
    await visitor.sees("Bom dia, e boa noite")
    await tab.press("b", alt=True)
    await visitor.sees("Unblock", "#instead")
    await tab.press("Escape")
    await tab.until("document.activeElement.matches('.person[aria-current]')")
    await tab.press("?")
    await visitor.sees("block or unblock the bot", "#help")
    await visitor.keeps("shortcuts")
    await tab.press("Escape")
    await tab.until("!document.querySelector('dialog[open]')")


async def test_every_button_has_a_name_and_can_be_reached(visitor: Visitor, person: int) -> None:
    await visitor.plays(person)
    for look in ("light", "phone"):
        await visitor.looks(look)
        nameless = "one => one.offsetParent && !(one.innerText.trim() || one.getAttribute('aria-label'))"
        assert await visitor.tab.evaluate(f"[...document.querySelectorAll('button, a')].filter({nameless}).length") == 0
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await visitor.tab.evaluate(wide)


async def test_on_a_phone_one_column_leads_to_the_next_and_back(visitor: Visitor, person: int) -> None:
    tab = visitor.tab
    await visitor.looks("phone")
    await tab.open(f"{visitor.address}/")
    await tab.click(".person")
    await visitor.sees("/start")
    assert await tab.evaluate("document.querySelector('#people').offsetWidth") == 0
    await tab.click("#to-engine")
    await visitor.sees("The engine is not connected", "#knowledge")
    await tab.click("#from-engine")
    await visitor.writes("Oi!")
    await tab.click("#back")
    await visitor.sees("Oi!", ".person")
    await visitor.keeps("phone-people")
    await tab.evaluate("history.back()")
    await visitor.sees("Oi!")
    assert await tab.evaluate("location.hash") == f"#shop_bot/{person}"


async def test_the_page_speaks_portuguese_and_keeps_it(visitor: Visitor, person: int) -> None:
    await visitor.plays(person)
    await visitor.tab.evaluate(
        "document.querySelector('#language').value = 'pt';"
        "document.querySelector('#language').dispatchEvent(new Event('change'))"
    )
    await visitor.sees("O que o motor sabe", "#engine-title")
    await visitor.tab.ask("Page.reload")
    await visitor.sees("Bloquear", "#block")
    assert await visitor.tab.evaluate("document.documentElement.lang") == "pt-BR"
    await visitor.keeps("portuguese")


async def test_somebody_may_choose_the_dark(visitor: Visitor, person: int) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    await visitor.plays(person)
    light = await visitor.tab.evaluate(colour)
    await visitor.tab.click("#appearance")
    await visitor.tab.until(f"{colour} !== '{light}'")
    await visitor.tab.ask("Page.reload")
    await visitor.tab.until(f"{colour} !== '{light}'")


async def test_a_payment_is_made_and_shown(visitor: Visitor, client: SandboxClient, person: int) -> None:
    await visitor.plays(person)
    await visitor.tab.click("#pay")
    await visitor.tab.type("75")
    await visitor.keeps("payment")
    await visitor.tab.press("Enter")
    await visitor.sees("paid 75 Stars", ".service")
    assert (await client.transcript("shop_bot", person)).messages[-1].paid == 75


async def test_the_bots_commands_are_offered(visitor: Visitor, bot: Caller, person: int) -> None:
    commands = [{"command": "help", "description": "What I can do"}, {"command": "buy", "description": "Buy it"}]
    await bot("setMyCommands", commands=commands)
    await visitor.plays(person)
    await visitor.tab.click("#menu")
    await visitor.sees("What I can do", "#commands")
    await visitor.keeps("commands")
    await visitor.tab.press("ArrowDown")
    await visitor.tab.press("Enter")
    await visitor.sees("/buy")


async def test_an_alert_waits_for_its_reader(visitor: Visitor, client: SandboxClient, bot: Caller, person: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await bot("sendMessage", chat_id=person, text="Sure?", reply_markup=keyboard)
    await visitor.plays(person)
    await visitor.taps("Yes")
    await visitor.tab.until("document.querySelector('.key[aria-busy]')")
    (tap,) = (await client.transcript("shop_bot", person)).taps
    await bot("answerCallbackQuery", callback_query_id=tap.id, text="Your place is reserved.", show_alert=True)
    await visitor.sees("Your place is reserved.", "dialog.alert")
    await visitor.keeps("alert")
    await visitor.tab.press("Escape")
    await visitor.tab.until("!document.querySelector('dialog[open]')")


async def test_who_is_forgotten_is_left(visitor: Visitor, client: SandboxClient, person: int) -> None:
    await visitor.plays(person)
    await client.reset()
    await visitor.sees("Play a user", "#chat-title")
    assert all("404" in fault for fault in visitor.tab.faults)
    visitor.tab.faults.clear()
    await visitor.tab.click(".add")
    await visitor.tab.click("#instead")
    await visitor.sees("/start")


async def test_who_reads_further_up_is_not_torn_away(
    visitor: Visitor, client: SandboxClient, bot: Caller, person: int
) -> None:
    for number in range(40):
        await client.write("shop_bot", person, f"line {number}")
    await visitor.plays(person)
    await visitor.sees("line 39")
    await visitor.tab.until("document.querySelector('#messages').scrollTop > 0")
    await visitor.tab.evaluate("document.querySelector('#messages').scrollTop = 0")
    await bot("sendMessage", chat_id=person, text="news")
    await visitor.sees("1", "#to-end .badge")
    assert await visitor.tab.evaluate("document.querySelector('#messages').scrollTop") == 0
    await visitor.tab.click("#to-end")
    await visitor.tab.until("document.querySelector('#to-end').hidden")


async def test_what_the_bot_asked_is_read_beside_the_chat(visitor: Visitor, bot: Caller, person: int) -> None:
    await visitor.plays(person)
    await bot("sendMessage", chat_id=person, text=HOSTILE, reply_markup='{"keyboard": [["Sim"]]}')
    await visitor.tab.click("#to-exchanges")
    await visitor.sees("sendMessage", "#exchanges")
    await bot("sendMessage", chat_id=person, text="<b>", parse_mode="HTML")
    await visitor.sees("400", "#exchanges .wrong")
    await visitor.tab.click("#exchanges details:last-child summary")
    await visitor.sees(json.dumps(HOSTILE), "#exchanges details:last-child")
    await visitor.sees('"message_id": 2', "#exchanges details:last-child")
    await visitor.keeps("exchanges")
    await visitor.tab.click("#to-exchanges")
    await visitor.sees("What the engine knows", "#engine-title")


async def test_the_token_of_a_bot_can_be_copied(visitor: Visitor, sandbox: Sandbox, person: int) -> None:
    await visitor.plays(person)
    await visitor.tab.click(".token")
    await visitor.sees(sandbox.bots[0].token, "#toast")

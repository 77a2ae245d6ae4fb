"""Media on the page: what a bot sends, what a person attaches, and what no browser can show."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bench.sandbox import SandboxClient
from tests.browser.drawings import DUSK, SEA, WOOD, landscape, sound
from tests.browser.visitor import Visitor
from tests.sandbox.caller import Caller

LOADED = "[...document.querySelectorAll('.media img')].filter(one => one.complete && one.naturalWidth).length"


async def upload(bot: Caller, method: str, files: dict[str, tuple[str, bytes]], **parameters: Any) -> None:
    form = aiohttp.FormData()
    for name, value in parameters.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, (file_name, data) in files.items():
        form.add_field(name, data, filename=file_name)
    async with bot.session.post(f"{bot.url}/{method}", data=form) as answer:
        assert answer.status == 200, await answer.text()


async def send_gallery(bot: Caller, person: int) -> None:
    photo = {"photo": ("sea.png", landscape(SEA))}
    keyboard = {"inline_keyboard": [[{"text": "Quero ir", "callback_data": "go"}]]}
    caption = {"caption": "A <b>praia</b> de hoje", "parse_mode": "HTML"}
    await upload(bot, "sendPhoto", photo, chat_id=person, reply_markup=keyboard, **caption)
    files = {f"f{place}": ("p.png", landscape(colours)) for place, colours in enumerate((SEA, DUSK, WOOD))}
    album = [{"type": "photo", "media": f"attach://{name}"} for name in files]
    await upload(bot, "sendMediaGroup", files, chat_id=person, media=album)
    await upload(bot, "sendVoice", {"voice": ("v.ogg", sound())}, chat_id=person, duration=1)
    await upload(bot, "sendDocument", {"document": ("contrato.pdf", b"%PDF-1.4")}, chat_id=person, protect_content=True)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_a_photo_an_album_a_voice_and_a_file_are_shown(
    visitor: Visitor, bot: Caller, person: int, look: str
) -> None:
    await visitor.looks(look)
    await visitor.plays(person)
    await send_gallery(bot, person)
    await visitor.sees("A praia de hoje")
    await visitor.tab.until(f"{LOADED} === 4")
    assert await visitor.tab.evaluate("document.querySelectorAll('.album .cell').length") == 3
    await visitor.sees("contrato.pdf", ".file")
    assert await visitor.tab.evaluate("Boolean(document.querySelector('.foot .icon-lock title'))")
    await visitor.keeps(f"media-{look}")
    await visitor.tab.click(".frame.photo")
    await visitor.tab.until("document.querySelector('.viewer img').naturalWidth === 320")
    await visitor.keeps(f"media-{look}-viewer")
    await visitor.tab.press("Escape")
    await visitor.tab.until("!document.querySelector('.viewer')")


async def test_a_voice_message_plays(visitor: Visitor, bot: Caller, person: int) -> None:
    await upload(bot, "sendVoice", {"voice": ("v.wav", sound())}, chat_id=person, duration=1)
    await visitor.plays(person)
    await visitor.tab.click(".play")
    await visitor.tab.until("document.querySelector('.waves .past')")


async def test_what_no_browser_can_show_becomes_a_tile(visitor: Visitor, bot: Caller, person: int) -> None:
    broken = {"video": ("film.mp4", b"no film at all")}
    await upload(bot, "sendVideo", broken, chat_id=person, width=640, height=360, duration=14)
    await visitor.plays(person)
    await visitor.sees("640 × 360 · 14 s", ".tile")


async def test_a_spoiler_shows_its_photo_when_it_is_asked_to(visitor: Visitor, bot: Caller, person: int) -> None:
    await upload(bot, "sendPhoto", {"photo": ("p.png", landscape(DUSK))}, chat_id=person, has_spoiler=True)
    await visitor.plays(person)
    await visitor.tab.click(".cover")
    await visitor.tab.until("!document.querySelector('.cover')")
    await visitor.tab.until(f"{LOADED} === 1")


async def test_an_attached_picture_is_sent_with_its_words(
    visitor: Visitor, client: SandboxClient, person: int, tmp_path: Path
) -> None:
    picture = tmp_path / "wood.png"
    picture.write_bytes(landscape(WOOD))
    await visitor.plays(person)
    await visitor.tab.choose_file("#file", picture)
    await visitor.sees("wood.png", "#bound")
    await visitor.tab.type("Look!")
    await visitor.keeps("attached")
    await visitor.tab.press("Enter")
    await visitor.tab.until(f"{LOADED} === 1")
    await visitor.sees("Look!")
    sent = (await client.transcript("shop_bot", person)).messages[-1]
    assert sent.media is not None
    assert (sent.media.kind, sent.text, sent.from_bot) == ("photo", "Look!", False)


async def test_another_file_is_sent_as_a_document(
    visitor: Visitor, client: SandboxClient, person: int, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("words")
    await visitor.plays(person)
    await visitor.tab.choose_file("#file", notes)
    await visitor.sees("notes.txt", "#bound")
    await visitor.tab.click("#send")
    await visitor.sees("notes.txt", ".file")
    sent = (await client.transcript("shop_bot", person)).messages[-1]
    assert sent.media is not None
    assert (sent.media.kind, sent.media.name) == ("document", "notes.txt")


async def test_a_person_votes_in_a_poll_and_takes_it_back(visitor: Visitor, bot: Caller, person: int) -> None:
    options = [{"text": "Segunda"}, {"text": "Sexta"}]
    await bot("sendPoll", chat_id=person, question="Qual dia?", options=options, is_anonymous=False)
    await visitor.plays(person)
    await visitor.sees("Qual dia?", ".poll")
    await visitor.tab.click("li:last-child > .option")
    await visitor.sees("100%", ".option.chosen")
    await visitor.keeps("poll")
    assert (await bot("getUpdates", offset=-1)).result[0]["poll_answer"]["option_ids"] == [1]
    await visitor.tab.click(".option.chosen")
    await visitor.tab.until("!document.querySelector('.option.chosen')")

"""Bad input: nothing is lost, nothing unsendable is sent, and the reply says how to mend it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from bench.sandbox.protocol import Fault, FaultKind
from engine.administration import campaign_views, campaigns
from engine.core.change import Change
from engine.core.content.model import Album, Text
from engine.media.file_kinds import MB
from tests.flows.office import DRAFT, LEAST_MS, Office, open_office
from tests.media import files

ZERO_WIDTH, RIGHT_TO_LEFT = "\u2060\u2060\u2060", "\u2067qxz\u2069"
"""Of the odd characters that Telegram lets through."""
SCRIPT: Final = "<script>alert(1)</script>"
ODD: Final = (ZERO_WIDTH, RIGHT_TO_LEFT, SCRIPT, "x" * 4096, "{", "{first_name}", "\x7f", "💥" * 500)


@pytest.fixture
async def office(
    redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch, language="en", MEDIA_DIR=str(tmp_path)) as opened:
        await campaigns.import_draft(opened.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
        yield opened


async def blocks(office: Office) -> list[object]:
    found = await campaign_views.draft(office.desk.pool, await office.bot_id())
    assert found
    return [block.content for step in found[1].steps for block in step.blocks]


async def at_the_step(office: Office) -> None:
    await office.owner.start()
    await office.owner.press("○ @shop_bot", "🔁 Recovery", "📋 Steps", "● Step 1")


@pytest.mark.parametrize("words", ODD)
@pytest.mark.parametrize(
    "way",
    [
        ("🔁 Recovery", "📋 Steps", "➕ Step"),
        ("🔁 Recovery", "⚙ Settings", "⏱ Silence"),
        ("🔁 Recovery", "⚙ Settings", "🌍 Time zone"),
        ("🔁 Recovery", "⚙ Settings", "🕘 Sending hours"),
        ("🔁 Recovery", "⚙ Settings", "✋ Limits", "✋ Messages per person"),
        ("🔑 New token",),
    ],
    ids=lambda way: way[-1],
)
async def test_odd_input_is_refused_with_a_hint_and_asked_for_again(
    office: Office, way: tuple[str, ...], words: str
) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot", *way)
    text = await owner.says(words)
    assert text.count("⚠") == 1
    assert ": " in text[text.index("⚠") :]
    assert "✖ Cancel" in await owner.buttons()
    assert await blocks(office) == [Text("Hi")]
    assert (await owner.people.violations()).listed == []


@pytest.mark.parametrize("words", [ZERO_WIDTH, "{", "{first_name}", "}"])
async def test_a_text_that_cannot_be_sent_does_not_become_a_block(office: Office, words: str) -> None:
    await at_the_step(office)
    assert "⚠" in await office.owner.says(words)
    assert await blocks(office) == [Text("Hi")]


@pytest.mark.parametrize(
    ("words", "kept"), [(SCRIPT, "&lt;script&gt;alert(1)&lt;/script&gt;"), (RIGHT_TO_LEFT, RIGHT_TO_LEFT)]
)
async def test_text_that_looks_like_markup_stays_as_written(office: Office, words: str, kept: str) -> None:
    await at_the_step(office)
    await office.owner.says(words)
    assert await blocks(office) == [Text("Hi"), Text(kept)]
    await office.owner.press("2 💬")
    assert words in await office.owner.text()


async def test_a_fallback_is_kept_and_counted_as_written(office: Office) -> None:
    await at_the_step(office)
    for fallback in ("Sr. & Sra. <3", "&" * 64):
        await office.owner.says(f"Oi {{first_name|{fallback}}}")
    assert await blocks(office) == [
        Text("Hi"),
        Text("Oi {first_name|Sr. & Sra. <3}"),
        Text(f"Oi {{first_name|{'&' * 64}}}"),
    ]
    assert "2 💬 Oi {first_name|Sr. & Sr…" in await office.owner.buttons()
    await office.owner.press("2 💬")
    assert "Oi {first_name|Sr. & Sra. <3}" in await office.owner.text()
    assert (await office.people.violations()).listed == []


async def at_the_block(office: Office) -> None:
    await at_the_step(office)
    await office.owner.press("1 💬")


async def test_a_block_becomes_a_whole_album_but_not_the_next_message(office: Office) -> None:
    owner = office.owner
    await at_the_block(office)
    await owner.press("✏ Edit")
    for caption in ("before", "after", "later"):
        await owner.sends("photo", caption=caption, album="1")
    (album,) = await blocks(office)
    assert isinstance(album, Album)
    assert [item.caption for item in album.items] == ["before", "after", "later"]
    assert "3 files" in await owner.text()
    assert "2 bots" in await owner.sends("photo", album="2")
    assert await blocks(office) == [album]


async def test_the_files_beyond_an_albums_limit_are_refused(office: Office) -> None:
    owner = office.owner
    await at_the_block(office)
    await owner.press("✏ Edit")
    for _ in range(11):
        await owner.sends("photo", album="1")
    assert "at most 10 files" in await owner.text()
    assert "🗂" in await owner.press("✖ Cancel")
    (album,) = await blocks(office)
    assert isinstance(album, Album)
    assert len(album.items) == 10


async def test_an_edit_says_what_happens_to_other_languages(office: Office) -> None:
    """They stay if the kind is the same; a different kind would show people something else in their language."""
    spoken = replace(DRAFT.steps[0].blocks[0], languages={"es": Text("Hola")})
    draft = replace(DRAFT, steps=(replace(DRAFT.steps[0], blocks=(spoken,)),))
    await campaigns.import_draft(office.desk.pool, "shop_bot", draft, LEAST_MS, Change("test", 2))
    await at_the_block(office)
    await office.owner.press("✏ Edit")
    text = await office.owner.says("Hello")
    assert "People whose language is es still get the old text" in text
    assert "also in es" in text
    await office.owner.press("✏ Edit")
    text = await office.owner.sends("photo")
    assert "The version in es has been removed" in text
    assert "also in es" not in text


async def test_a_video_that_is_too_big_is_refused_before_the_download(office: Office) -> None:
    await at_the_step(office)
    text = await office.owner.sends("video", files.MP4 + bytes(25 * MB))
    assert "20 MB" in text
    assert await blocks(office) == [Text("Hi")]


async def test_a_command_during_an_edit_is_not_content(office: Office) -> None:
    await at_the_step(office)
    for command in ("/help", "/stop", "/cancel", "/start"):
        await office.owner.says(command)
    assert await blocks(office) == [Text("Hi")]


async def test_a_refused_edit_sends_the_screen_again(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.loses_the_message()
    assert "● Active" in await owner.press("○ @shop_bot")


async def test_a_short_failure_of_telegram_leaves_nothing_stuck(office: Office) -> None:
    owner = office.owner
    await owner.start()
    way = await owner.data("○ @shop_bot")
    fault = Fault(FaultKind.INTERNAL_ERROR, bot=owner.me.id, method="editMessageText", count=1)
    await owner.people.set_fault(fault)
    await owner.tap(way)
    await owner.tap(way)
    await owner.shows("● Active")


async def test_the_manager_waits_when_telegram_asks_it_to(office: Office) -> None:
    owner = office.owner
    await owner.start()
    fault = Fault(FaultKind.TOO_MANY_REQUESTS, bot=owner.me.id, method="editMessageText", count=1)
    await owner.people.set_fault(fault)
    assert "● Active" in await owner.press("○ @shop_bot")


async def test_the_screen_is_shown_even_if_the_press_cannot_be_answered(office: Office) -> None:
    owner = office.owner
    await owner.start()
    way = await owner.data("○ @shop_bot")
    await owner.people.set_fault(Fault(FaultKind.BAD_REQUEST, bot=owner.me.id, method="answerCallbackQuery", count=1))
    await owner.people.tap(owner.me.id, owner.id, way)
    await owner.shows("● Active")


async def test_each_fault_of_a_campaign_has_a_button_that_leads_to_it(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot", "🔁 Recovery", "📋 Steps", "➕ Step")
    await owner.says("10m")
    await owner.press("◀ Back", "◀ Back", "🚀 Publish")
    text = await owner.text()
    assert "This can't be published yet:" in text
    assert "has no blocks" in text
    assert "Step 2 of 2" in await owner.press("✏ Step 2")


async def test_two_admins_see_each_others_changes(office: Office) -> None:
    owner, guest = office.owner, await office.someone()
    await office.appoint(guest, "editor")
    await at_the_step(office)
    await guest.start()
    await guest.press("○ @shop_bot", "🔁 Recovery", "📋 Steps", "● Step 1", "📑 Copy")
    text = await owner.says("mine")
    assert "Changed by " in text
    assert await blocks(office) == [Text("Hi"), Text("Hi")]
    await owner.says("mine")
    assert Text("mine") in await blocks(office)

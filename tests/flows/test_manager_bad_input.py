"""What an admin should not send, and does: nothing is lost, nothing is sent on that cannot be, and a mend is named."""

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

ZERO_WIDTH, RIGHT_TO_LEFT = "\u200b\u200b\u200b", "\u202ered\u202c"
SCRIPT: Final = "<script>alert(1)</script>"
ODD: Final = (ZERO_WIDTH, RIGHT_TO_LEFT, SCRIPT, "x" * 4096, "{", "{first_name}", "\x00", "💥" * 500)


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
async def test_odd_words_are_refused_with_a_mend_and_asked_for_again(
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
async def test_a_text_that_cannot_be_sent_becomes_no_block(office: Office, words: str) -> None:
    await at_the_step(office)
    assert "⚠" in await office.owner.says(words)
    assert await blocks(office) == [Text("Hi")]


@pytest.mark.parametrize(
    ("words", "stands"), [(SCRIPT, "&lt;script&gt;alert(1)&lt;/script&gt;"), (RIGHT_TO_LEFT, RIGHT_TO_LEFT)]
)
async def test_what_looks_like_markup_stays_what_was_written(office: Office, words: str, stands: str) -> None:
    await at_the_step(office)
    await office.owner.says(words)
    assert await blocks(office) == [Text("Hi"), Text(stands)]
    await office.owner.press("2 💬")
    assert words in await office.owner.text()


async def test_a_fallback_is_read_as_it_was_written_and_counted_so(office: Office) -> None:
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


async def test_a_block_becomes_a_whole_album_and_what_follows_does_not(office: Office) -> None:
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


async def test_of_an_album_that_is_too_long_the_rest_is_refused(office: Office) -> None:
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


async def test_a_change_tells_what_becomes_of_other_languages(office: Office) -> None:
    """Of the same kind they stay; of another they would be something else for everybody who speaks them."""
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


async def test_a_video_that_is_too_big_is_refused_before_anything_is_fetched(office: Office) -> None:
    await at_the_step(office)
    text = await office.owner.sends("video", files.MP4 + bytes(25 * MB))
    assert "20 MB" in text
    assert await blocks(office) == [Text("Hi")]


async def test_a_command_in_the_middle_of_an_edit_is_no_content(office: Office) -> None:
    await at_the_step(office)
    for command in ("/help", "/stop", "/cancel", "/start"):
        await office.owner.says(command)
    assert await blocks(office) == [Text("Hi")]


async def test_when_the_edit_is_refused_the_screen_comes_anew(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.loses_the_message()
    assert "● Active" in await owner.press("○ @shop_bot")


async def test_when_telegram_fails_a_moment_nothing_is_stuck(office: Office) -> None:
    owner = office.owner
    await owner.start()
    way = await owner.data("○ @shop_bot")
    fault = Fault(FaultKind.INTERNAL_ERROR, bot=owner.me.id, method="editMessageText", count=1)
    await owner.people.set_fault(fault)
    await owner.tap(way)
    await owner.tap(way)
    await owner.shows("● Active")


async def test_when_telegram_asks_for_patience_it_is_had(office: Office) -> None:
    owner = office.owner
    await owner.start()
    fault = Fault(FaultKind.TOO_MANY_REQUESTS, bot=owner.me.id, method="editMessageText", count=1)
    await owner.people.set_fault(fault)
    assert "● Active" in await owner.press("○ @shop_bot")


async def test_when_the_query_cannot_be_answered_the_screen_is_shown_all_the_same(office: Office) -> None:
    owner = office.owner
    await owner.start()
    way = await owner.data("○ @shop_bot")
    await owner.people.set_fault(Fault(FaultKind.BAD_REQUEST, bot=owner.me.id, method="answerCallbackQuery", count=1))
    await owner.people.tap(owner.me.id, owner.id, way)
    await owner.shows("● Active")


async def test_a_campaign_with_faults_leads_to_each_of_them(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot", "🔁 Recovery", "📋 Steps", "➕ Step")
    await owner.says("10m")
    await owner.press("◀ Back", "◀ Back", "🚀 Publish")
    text = await owner.text()
    assert "This can't be published yet:" in text
    assert "has no blocks" in text
    assert "Step 2 of 2" in await owner.press("✏ Step 2")


async def test_what_two_admins_do_at_once_is_seen_by_both(office: Office) -> None:
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

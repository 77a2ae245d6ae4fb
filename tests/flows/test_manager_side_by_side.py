"""A file that uploads or a stop that takes long holds up no other tap of the same admin, and no order is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from bench.sandbox.protocol import Fault, FaultKind
from bot.framework.incoming_files import IncomingFiles
from bot.framework.turns import Turns
from engine.administration import campaign_views, campaigns
from engine.core.change import Change
from engine.core.content.model import Media, Text
from engine.telegram import download
from tests.flows.office import DRAFT, LEAST_MS, Office, open_office

TOKEN: Final = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"  # noqa: S105 - of no bot
STEP: Final = ("○ @shop_bot", "🔁 Recovery", "📋 Steps", "● Step 1")


class Gate:
    """Holds up calls of a function until it is opened."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self._open = asyncio.Event()
        self._reached = asyncio.Event()
        self.calls = 0

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        self._reached.set()
        await self._open.wait()
        return await self._call(*args, **kwargs)

    async def reached(self) -> None:
        await asyncio.wait_for(self._reached.wait(), 20)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def office(
    redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch, language="en", MEDIA_DIR=str(tmp_path)) as opened:
        await campaigns.import_draft(opened.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
        yield opened


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(download.receive)
    monkeypatch.setattr(download, "receive", gate)
    return gate


async def begin_upload(office: Office, upload: Gate) -> None:
    """The owner sends a photo to the first step."""
    await office.owner.start()
    await office.owner.press(*STEP)
    await office.people.send("photo", office.me.id, office.owner.id)
    await upload.reached()


async def kinds(office: Office, count: int) -> list[type]:
    """The kinds of the blocks, once there are so many."""
    async with asyncio.timeout(20):
        while len(found := await _kinds(office)) < count:  # noqa: ASYNC110 - the draft is the signal
            await asyncio.sleep(0.02)
    return found


async def _kinds(office: Office) -> list[type]:
    found = await campaign_views.draft(office.desk.pool, await office.bot_id())
    assert found
    return [type(block.content) for step in found[1].steps for block in step.blocks]


async def test_taps_go_on_while_a_file_uploads(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    assert "2 bots" in await owner.press("🏠")
    assert "Speed" in await owner.press("○ @course_bot")
    upload.open()
    await owner.shows("Step 1")
    assert await kinds(office, 2) == [Text, Media]


async def test_a_command_is_answered_while_a_file_uploads(office: Office, upload: Gate) -> None:
    await begin_upload(office, upload)
    assert "2 bots" in await office.owner.start()
    upload.open()
    await office.owner.shows("Step 1")
    shown = [one for one in (await office.people.transcript(office.me.id, office.owner.id)).messages if one.from_bot]
    assert len([one for one in shown if not one.deleted]) == 1, "one live message"


async def test_messages_behind_a_file_keep_their_order(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    await office.people.write(office.me.id, owner.id, "Second")
    await owner.press("🏠")
    upload.open()
    assert await kinds(office, 3) == [Text, Media, Text]


async def test_ones_own_tap_on_the_draft_does_not_cost_the_file(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    assert "Off" in await owner.press("○ Turn off")
    upload.open()
    assert await kinds(office, 2) == [Text, Media]


async def test_a_tap_of_somebody_else_on_the_draft_is_named(office: Office, upload: Gate) -> None:
    owner, guest = office.owner, await office.someone()
    await office.appoint(guest, "editor")
    await begin_upload(office, upload)
    await guest.start()
    await guest.press(*STEP, "○ Turn off")
    upload.open()
    await owner.shows("Changed by")
    assert await kinds(office, 1) == [Text]


async def test_a_token_is_deleted_while_a_file_uploads(office: Office, upload: Gate) -> None:
    await begin_upload(office, upload)
    await office.people.write(office.me.id, office.owner.id, TOKEN)
    async with asyncio.timeout(20):
        while not await deleted(office, TOKEN):  # noqa: ASYNC110 - the transcript is the signal
            await asyncio.sleep(0.02)
    upload.open()
    assert await kinds(office, 2) == [Text, Media]


async def deleted(office: Office, words: str) -> bool:
    messages = (await office.people.transcript(office.me.id, office.owner.id)).messages
    return all(one.deleted for one in messages if one.text == words)


async def test_cancel_takes_back_the_files_that_are_not_there_yet(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    await office.people.send("photo", office.me.id, owner.id)
    await office.people.write(office.me.id, owner.id, "Behind both")
    assert "Cancelled." in await owner.says("/cancel")
    upload.open()
    await owner.says("After all")
    assert await kinds(office, 2) == [Text, Text]
    assert upload.calls == 1


async def test_what_an_admin_took_back_leaves_the_memory_when_nothing_of_theirs_waits(office: Office) -> None:
    turns = Turns()
    files = IncomingFiles(office.desk, turns, TOKEN)
    async with turns.message(1, "a message that waits"):
        for admin in range(100):
            files.cancel(admin, 5)
        assert files.is_cancelled(1, 4)
        assert not files.is_cancelled(1, 6)
        assert len(files._cancelled) == 1
    assert not any((files._cancelled, turns._locks))


async def test_a_question_that_was_opened_meanwhile_gets_the_next_answer(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    await owner.press("🏠", "➕ Bot")
    upload.open()
    shown = await owner.shows("Saved to the draft")
    assert "Send me the bot's token" in shown
    assert "This is not a bot's token" in await owner.says("not a token")
    assert await kinds(office, 2) == [Text, Media]


async def test_a_refused_file_leaves_the_question_that_was_opened_meanwhile(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    await owner.press("🕘 When")
    await office.people.set_fault(Fault(FaultKind.BAD_REQUEST, bot=office.me.id, method="getFile", count=1))
    upload.open()
    await owner.shows("Telegram no longer has this file")
    await owner.says("10m")
    assert await kinds(office, 1) == [Text]


async def test_a_file_of_somebody_who_was_dismissed_meanwhile_is_not_taken(office: Office, upload: Gate) -> None:
    owner, guest = office.owner, await office.someone()
    await office.appoint(guest, "editor")
    await guest.start()
    await guest.press(*STEP)
    await office.people.send("photo", office.me.id, guest.id)
    await upload.reached()
    await office.desk.pool.execute("DELETE FROM bot_admins WHERE admin_id = $1", guest.id)
    upload.open()
    await guest.says("Still here?")
    await owner.start()
    assert await kinds(office, 1) == [Text]


async def test_ones_own_deletion_of_the_step_ends_its_file(office: Office, upload: Gate) -> None:
    owner = office.owner
    await begin_upload(office, upload)
    await owner.press("🗑", "🗑 Delete now")
    upload.open()
    await owner.shows("no longer there")
    assert upload.calls == 1


async def test_taps_go_on_while_a_campaign_stops_and_a_second_stop_is_stale(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, pool, change = office.owner, office.desk.pool, Change("test", 1)
    await campaigns.publish(pool, "shop_bot", LEAST_MS, change)
    await campaigns.activate(pool, "shop_bot", change)
    gate = Gate(campaigns.stop)
    monkeypatch.setattr(campaigns, "stop", gate)
    await owner.start()
    await owner.press("● @shop_bot", "🔁 Recovery", "⏹ Stop")
    stop = await owner.data("⏹ Stop for everyone now")
    assert await owner.tap(stop) == "One moment…"
    await gate.reached()
    assert "2 bots" in await owner.press("🏠")
    assert await owner.tap(stop) == "One moment…"
    assert "Speed" in await owner.press("○ @course_bot")
    gate.open()
    await owner.shows("This has changed in the meantime")
    assert gate.calls == 1

"""A manager in this event loop, with a real Valkey, a real PostgreSQL and the sandbox, and admins who use it."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Act, BotInfo, Fault, FaultKind, TranscriptMessage
from bench.sandbox.world.updates import Queued, Strand
from bot.__main__ import run
from bot.framework import callbacks, render
from bot.framework.callbacks import Holder, Press
from engine.administration.context import Desk, open_desk
from engine.administration.registration import add
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.schedule.step_schedule import After
from engine.settings import Secret, load_settings
from tests.flows.house import KEY

PATIENCE_S = 20.0
LEAST_MS = 60_000
DRAFT = Snapshot("America/Sao_Paulo", (Step("a", After(0), (Block("b", Text("Hi")),)),))


class Admin:
    """A person in the manager's chat: what they see, and what they press, write and send."""

    def __init__(self, people: SandboxClient, me: BotInfo, person: int) -> None:
        self.people = people
        self.me = me
        self.id = person

    async def start(self, payload: str = "") -> str:
        before = await self._mark()
        await self.people.start(self.me.id, self.id, payload)
        return await self._drawn(before)

    async def says(self, words: str) -> str:
        before = await self._mark()
        await self.people.write(self.me.id, self.id, words)
        return await self._drawn(before)

    async def sends(self, kind: str, content: bytes = b"", caption: str = "", album: str = "") -> str:
        before = await self._mark()
        await self.people.send(kind, self.me.id, self.id, content, caption=caption, album=album)
        return await self._drawn(before)

    async def press(self, *labels: str) -> str:
        """Press buttons in turn, each on the screen that the one before led to; returns the last screen."""
        text = ""
        for label in labels:
            before = await self._mark()
            await self.tap(await self.data(label))
            text = await self._drawn(before)
        return text

    async def tap(self, data: str) -> str:
        """Press a button by its data; returns the notice that the tap got."""
        await self.people.tap(self.me.id, self.id, data)
        async with asyncio.timeout(PATIENCE_S):
            while True:  # the transcript is the signal
                (*_, tap) = (await self.people.transcript(self.me.id, self.id)).taps
                if tap.answered_ms is not None:
                    return tap.text
                await asyncio.sleep(0.02)

    async def again(self, data: str) -> str:
        """Press a button that may be old, and wait until the screen changes; returns the notice."""
        before = await self._mark()
        toast = await self.tap(data)
        await self._drawn(before)
        return toast

    async def twice(self, data: str) -> None:
        """Press the same button twice before either press is answered."""
        tap = Act("tap", self.me.id, self.id, data=data)
        await self.people.act([tap, tap])
        async with asyncio.timeout(PATIENCE_S):
            while True:  # the transcript is the signal
                taps = (await self.people.transcript(self.me.id, self.id)).taps
                if all(one.answered_ms is not None for one in taps[-2:]):
                    return
                await asyncio.sleep(0.02)

    async def shows(self, words: str) -> str:
        """Wait until the screen contains these words."""
        async with asyncio.timeout(PATIENCE_S):
            while words not in await self.text():  # noqa: ASYNC110 - the transcript is the signal
                await asyncio.sleep(0.02)
        return await self.text()

    async def toast(self) -> str:
        """The notice that the last tap got."""
        (*_, tap) = (await self.people.transcript(self.me.id, self.id)).taps
        return str(tap.text)

    async def data(self, label: str) -> str:
        """The data of the button with this label, or with a label that begins like this."""
        found = await self.buttons()
        wanted = [name for name in found if name == label] or [name for name in found if name.startswith(label)]
        assert wanted, f"{label!r} is not among {list(found)} under {await self.text()!r}"
        return found[wanted[0]]

    async def buttons(self) -> dict[str, str]:
        return buttons(await self.screen())

    async def text(self) -> str:
        return (await self.screen()).text or ""

    async def screen(self) -> TranscriptMessage:
        transcript = await self.people.transcript(self.me.id, self.id)
        return [message for message in transcript.messages if message.from_bot and not message.deleted][-1]

    async def loses_the_message(self) -> None:
        """Let Telegram refuse the next edit, as it does for a message that is deleted or too old."""
        fault = Fault(FaultKind.BAD_REQUEST, bot=self.me.id, method="editMessageText", count=1)
        await self.people.set_fault(fault)

    async def _mark(self) -> tuple[int, int]:
        transcript = await self.people.transcript(self.me.id, self.id)
        said = [message for message in transcript.messages if message.from_bot and not message.deleted]
        return (said[-1].message_id, said[-1].edited_ms or 0) if said else (0, 0)

    async def _drawn(self, before: tuple[int, int]) -> str:
        """Wait until the screen changes."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._mark() == before:  # noqa: ASYNC110 - the transcript is the signal
                await asyncio.sleep(0.02)
        return await self.text()


class Office:
    """A manager of two bots, @shop_bot and @course_bot, and its sandbox."""

    def __init__(self, desk: Desk, sandbox: Sandbox, people: SandboxClient, me: BotInfo, owner: Admin) -> None:
        self.desk = desk
        self.page = sandbox.control_url
        self._state = sandbox._state
        self.people = people
        self.me = me
        self.owner = owner

    async def someone(self, language: str = "en") -> Admin:
        (person,) = await self.people.add_people(1, languages=(language,))
        return Admin(self.people, self.me, person.id)

    def arrives(self, fields: bytes) -> None:
        """An update with these fields waits for the manager, be it JSON or not."""
        bot = self._state.bots[self.me.id]
        number = bot.next_update_id
        bot.next_update_id += 1
        bot.updates[number] = Queued(number, b'{"update_id":%d,%s}' % (number, fields), Strand("message", 0))
        self._state.stir(bot)

    async def bot_id(self, name: str = "shop_bot") -> int:
        found: int = await self.desk.pool.fetchval("SELECT id FROM bots WHERE username = $1", name)
        return found

    async def appoint(self, admin: Admin, role: str, bot: str = "shop_bot") -> None:
        pool = self.desk.pool
        await pool.execute("INSERT INTO admins VALUES ($1, 'Guest', 'en', 1) ON CONFLICT DO NOTHING", admin.id)
        await pool.execute("INSERT INTO bot_admins VALUES ($1, $2, $3)", await self.bot_id(bot), admin.id, role)


def buttons(message: TranscriptMessage) -> dict[str, str]:
    markup: dict[str, Any] = message.reply_markup or {"inline_keyboard": []}
    rows = markup["inline_keyboard"]
    return {button["text"]: button.get("callback_data") or button.get("url", "") for row in rows for button in row}


def invitation(text: str) -> str:
    """The code in an invitation's link."""
    found = re.search(r"start=([\w-]+)", text)
    assert found
    return found[1]


@asynccontextmanager
async def open_office(
    redis_url: str, database_url: str, patch: pytest.MonkeyPatch, language: str = "pt-br", **environ: str
) -> AsyncIterator[Office]:
    """Each button lives a second longer than the one before, so that no two renderings of a screen are equal."""
    ticks = itertools.count()

    def mint(key: bytes, press: Press, holder: Holder, now_ms: int) -> str:
        return callbacks.mint(key, press, holder, now_ms + 1000 * next(ticks))

    patch.setattr(render, "mint", mint)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=2))
        watched = list(sandbox.bots)
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        me = await people.add_bot("manager_bot")
        (owner,) = await people.add_people(1, languages=(language,))
        settings = load_settings(
            {
                "REDIS_URL": redis_url,
                "DATABASE_URL": database_url,
                "ENCRYPTION_KEY": KEY,
                "TELEGRAM_API_URL": sandbox.api_url,
                "MANAGER_BOT_TOKEN": me.token,
                "ADMIN_IDS": str(owner.id),
                **environ,
            },
            Path("no.env"),
        )
        for bot in watched:
            await add(settings, Secret(bot.token))
        desk = await stack.enter_async_context(open_desk(settings))
        stop = asyncio.Event()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(run(desk, stop))
        stack.callback(stop.set)
        yield Office(desk, sandbox, people, me, Admin(people, me, owner.id))
        assert (await people.violations()).listed == []

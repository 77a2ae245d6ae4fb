"""Admins at the manager, over HTTP: who gets in, what they see, what their buttons do, and what becomes of old ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.wire import BotInfo, TranscriptMessage
from bot import manager
from bot.__main__ import run
from bot.callbacks import LIFETIME_S
from engine import administration
from engine.bots import add
from engine.core.campaign import Block, Change, Snapshot, Step
from engine.core.content import Text
from engine.core.schedule import After
from engine.desk import Desk, open_desk
from engine.settings import Secret, load_settings
from tests.flows.house import KEY

PATIENCE_S = 20.0
LEAST_MS = 60_000
DRAFT = Snapshot("America/Sao_Paulo", (Step("a", After(0), (Block("b", Text("Hi")),)),))


class Office:
    """A manager with two bots, one owner who speaks Portuguese, and the street outside."""

    def __init__(self, desk: Desk, people: SandboxClient, me: BotInfo, owner: int) -> None:
        self.desk = desk
        self.people = people
        self.me = me
        self.owner = owner

    async def start(self, person: int) -> TranscriptMessage:
        before = await self.last(person)
        await self.people.start(self.me.id, person)
        after = before.message_id if before else 0
        message = await self.people.next_message(self.me.id, person, after=after, wait=PATIENCE_S)
        assert message
        return message

    async def told(self, person: int, words: str) -> str:
        """Write, and give what is answered."""
        before = await self.last(person)
        await self.people.write(self.me.id, person, words)
        after = before.message_id if before else 0
        message = await self.people.next_message(self.me.id, person, after=after, wait=PATIENCE_S)
        assert message
        return message.text or ""

    async def last(self, person: int) -> TranscriptMessage | None:
        transcript = await self.people.transcript(self.me.id, person)
        said = [message for message in transcript.messages if message.from_bot]
        return said[-1] if said else None

    async def tap(self, person: int, data: str) -> str | None:
        """Gives what was told in passing, once the screen is drawn."""
        await self.people.tap(self.me.id, person, data)
        async with asyncio.timeout(PATIENCE_S):
            while True:  # the transcript is the signal
                (*_, tap) = (await self.people.transcript(self.me.id, person)).taps
                if tap.answered_ms is not None:
                    return tap.text or None
                await asyncio.sleep(0.02)

    async def shows(self, person: int, words: str) -> TranscriptMessage:
        """Wait until the newest message says so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.last(person)
                if message and words in (message.text or ""):
                    return message
                await asyncio.sleep(0.02)


def buttons(message: TranscriptMessage) -> dict[str, str]:
    markup: dict[str, Any] = message.reply_markup or {}
    return {button["text"]: button["callback_data"] for row in markup["inline_keyboard"] for button in row}


@pytest.fixture
async def office(redis_url: str, database_url: str) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=2))
        watched = list(sandbox.bots)
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        me = await people.add_bot("manager_bot")
        (owner,) = await people.add_people(1, languages=("pt-br",))
        environ = {
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": sandbox.api_url,
            "MANAGER_BOT_TOKEN": me.token,
            "ADMIN_IDS": str(owner.id),
        }
        settings = load_settings(environ, Path("no.env"))
        for bot in watched:
            await add(settings, Secret(bot.token))
        desk = await stack.enter_async_context(open_desk(settings))
        stop = asyncio.Event()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(run(desk, stop))
        stack.callback(stop.set)
        yield Office(desk, people, me, owner.id)
        assert (await people.violations()).listed == []


async def test_an_owner_sees_the_bots_in_portuguese_and_may_switch(office: Office) -> None:
    home = await office.start(office.owner)
    assert home.text is not None
    assert home.text.startswith("🔁 Recuperação\n2 bots")
    assert list(buttons(home)) == ["○ @course_bot", "○ @shop_bot", "🌐 English"]
    await office.tap(office.owner, buttons(home)["🌐 English"])
    english = await office.shows(office.owner, "Recovery")
    assert english.message_id == home.message_id
    assert "🌐 Português" in buttons(english)


async def test_a_bot_is_held_and_goes_on_with_one_line_of_audit_each(office: Office) -> None:
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    screen = await office.shows(office.owner, "@shop_bot")
    assert await office.tap(office.owner, buttons(screen)["⏸ Pausar"]) == "Pausado"
    paused = await office.shows(office.owner, "Pausado")
    assert await office.tap(office.owner, buttons(paused)["▶ Retomar"]) == "Retomado"
    await office.shows(office.owner, "Ativo")
    rows = await office.desk.pool.fetch("SELECT actor, action FROM audit_log WHERE action <> 'bot.add' ORDER BY id")
    actor = f"admin:{office.owner}"
    assert [tuple(row) for row in rows] == [(actor, "bot.pause"), (actor, "bot.resume")]


async def test_a_second_tap_on_the_same_button_changes_nothing(office: Office) -> None:
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    pause = buttons(await office.shows(office.owner, "@shop_bot"))["⏸ Pausar"]
    await office.tap(office.owner, pause)
    assert await office.tap(office.owner, pause) == "Isto mudou nesse meio-tempo; confira e toque de novo"
    assert await office.desk.pool.fetchval("SELECT count(*) FROM audit_log WHERE action = 'bot.pause'") == 1


async def test_old_buttons_show_anew_and_change_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    pause = buttons(await office.shows(office.owner, "@shop_bot"))["⏸ Pausar"]
    now_ms = manager._now_ms() + LIFETIME_S * 1000
    monkeypatch.setattr(manager, "_now_ms", lambda: now_ms)
    assert await office.tap(office.owner, buttons(home)["○ @shop_bot"]) == "Menu atualizado"
    assert await office.tap(office.owner, pause) == "Este botão era antigo; confira e toque de novo"
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bots WHERE status = 'paused'") == 0


async def test_a_stranger_gets_one_polite_line_and_nothing_of_it_is_kept(office: Office) -> None:
    (stranger,) = await office.people.add_people(1, languages=("en",))
    message = await office.start(stranger.id)
    assert message.text == "This bot is for the admins of some bots. Ask their owner to invite you."
    assert message.reply_markup is None
    assert await office.desk.pool.fetchval("SELECT count(*) FROM admins") == 0


@pytest.mark.parametrize(("role", "paused"), [("analyst", 0), ("editor", 1)])
async def test_rights_are_read_at_every_tap(office: Office, role: str, paused: int) -> None:
    (guest,) = await office.people.add_people(1, languages=("en",))
    await office.start(office.owner)
    pool = office.desk.pool
    await pool.execute("INSERT INTO admins VALUES ($1, 'Guest', 'en', 1)", guest.id)
    await pool.execute("INSERT INTO bot_admins SELECT id, $1, 'editor' FROM bots WHERE username = 'shop_bot'", guest.id)
    home = await office.start(guest.id)
    assert list(buttons(home)) == ["○ @shop_bot", "🌐 Português"]
    await office.tap(guest.id, buttons(home)["○ @shop_bot"])
    pause = buttons(await office.shows(guest.id, "@shop_bot"))["⏸ Pause"]
    await pool.execute("UPDATE bot_admins SET role = $1", role)
    assert await office.tap(guest.id, pause) == ("Paused" if paused else "Not available")
    assert await pool.fetchval("SELECT count(*) FROM bots WHERE status = 'paused'") == paused


async def test_a_campaign_is_seen_paused_and_stopped_after_one_more_question(office: Office) -> None:
    change = Change("test", 1)
    await administration.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, change)
    await administration.publish(office.desk.pool, "shop_bot", LEAST_MS, change)
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    await office.tap(office.owner, buttons(await office.shows(office.owner, "Ativo"))["🔁 Recuperação"])
    draft = await office.shows(office.owner, "RASCUNHO v1")
    assert await office.tap(office.owner, buttons(draft)["▶ Ativar"]) == "Feito"
    live = await office.shows(office.owner, "NO AR v1")
    assert "Silêncio: 10m · fuso: America/Sao_Paulo" in (live.text or "")
    assert await office.tap(office.owner, buttons(live)["⏸ Pausar"]) == "Feito"
    paused = await office.shows(office.owner, "PAUSADA")
    await office.tap(office.owner, buttons(paused)["⏹ Parar"])
    question = await office.shows(office.owner, "0 pessoa está")
    assert await office.tap(office.owner, buttons(question)["⏹ Parar agora"]) == "Parado"
    assert await office.desk.pool.fetchval("SELECT state FROM recovery_campaigns") == "stopped"


async def test_without_a_campaign_the_screen_says_so(office: Office) -> None:
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    await office.tap(office.owner, buttons(await office.shows(office.owner, "Ativo"))["🔁 Recuperação"])
    await office.shows(office.owner, "Nada foi criado ainda.")


async def test_a_step_is_copied_moved_and_switched_on_and_the_older_button_changes_nothing(office: Office) -> None:
    await administration.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    step = await _at_the_step(office)
    assert await office.tap(office.owner, buttons(step)["⧉"]) == "Salvo no rascunho"
    await office.shows(office.owner, "Passo 1 de 2")
    assert await office.tap(office.owner, buttons(step)["🗑"]) == "Isto mudou nesse meio-tempo; confira e toque de novo"
    moved = await office.last(office.owner)
    assert moved
    await office.tap(office.owner, buttons(moved)["↓"])
    moved = await office.shows(office.owner, "Passo 2 de 2")
    await office.tap(office.owner, buttons(moved)["○ Desligar"])
    await office.shows(office.owner, "Desligado")
    bot_id: int = await office.desk.pool.fetchval("SELECT id FROM bots WHERE username = 'shop_bot'")
    found = await administration.draft(office.desk.pool, bot_id)
    assert found
    assert [(one.key, one.active) for one in found[1].steps] == [("s2", False), ("a", False)]


async def _at_the_step(office: Office) -> TranscriptMessage:
    home = await office.start(office.owner)
    await office.tap(office.owner, buttons(home)["○ @shop_bot"])
    await office.tap(office.owner, buttons(await office.shows(office.owner, "Ativo"))["🔁 Recuperação"])
    await office.tap(office.owner, buttons(await office.shows(office.owner, "RASCUNHO"))["📋 Passos"])
    await office.tap(office.owner, buttons(await office.shows(office.owner, "como estão no rascunho"))["● Passo 1"])
    return await office.shows(office.owner, "Passo 1 de 1")


async def test_a_step_is_added_by_writing_when_it_is_sent(office: Office) -> None:
    await administration.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await _at_the_step(office)
    steps = await _back_to_the_steps(office)
    await office.tap(office.owner, buttons(steps)["➕ Passo"])
    await office.shows(office.owner, "Quando o novo passo é enviado?")
    assert "Isto não é um horário." in await office.told(office.owner, "sometime soon")
    assert "como estão no rascunho" in await office.told(office.owner, "amanhã 09:30")
    added = await office.shows(office.owner, "como estão no rascunho")
    assert "○ Passo 2" not in buttons(added)
    assert "● Passo 2" in buttons(added)
    assert "2 bots" in await office.told(office.owner, "amanhã 10:30")


async def test_a_command_and_another_button_end_the_question(office: Office) -> None:
    await administration.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await _at_the_step(office)
    steps = await _back_to_the_steps(office)
    for way_out in ("/cancel", "/start"):
        await office.tap(office.owner, buttons(steps)["➕ Passo"])
        await office.shows(office.owner, "Quando o novo passo é enviado?")
        assert "2 bots" in await office.told(office.owner, way_out)
        assert "2 bots" in await office.told(office.owner, "10m")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_steps") == 1


async def _back_to_the_steps(office: Office) -> TranscriptMessage:
    step = await office.last(office.owner)
    assert step
    await office.tap(office.owner, buttons(step)["◀ Voltar"])
    return await office.shows(office.owner, "como estão no rascunho")

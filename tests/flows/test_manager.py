"""Admins at the manager, over HTTP: who gets in, what they see, what their buttons do, and what happens to old ones."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from bot.framework.callbacks import LIFETIME_S
from engine.administration import bot_views, campaign_views, campaigns
from engine.administration.bot_views import BotStatus
from engine.administration.context import Desk
from engine.administration.members import Admin
from engine.core.change import Change
from storage.postgres.pool import Pool
from tests.flows.office import DRAFT, LEAST_MS, Office, invitation, open_office

STALE = "Isto mudou nesse meio-tempo. Confira e toque de novo"


@pytest.fixture
async def office(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch) as opened:
        yield opened


async def test_an_owner_sees_the_bots_in_portuguese_and_can_switch_language(office: Office) -> None:
    owner = office.owner
    assert (await owner.start()).startswith("🔁 Recuperação\n2 bots")
    assert list(await owner.buttons()) == ["○ @course_bot", "○ @shop_bot", "➕ Bot", "⛔ Parar tudo", "🌐 English"]
    home = await owner.screen()
    assert "Recovery" in await owner.press("🌐 English")
    assert (await owner.screen()).message_id == home.message_id
    assert "🌐 Português" in await owner.buttons()


async def test_pausing_and_resuming_a_bot_write_one_audit_line_each(office: Office) -> None:
    owner = office.owner
    await owner.start()
    assert "Ativo" in await owner.press("○ @shop_bot")
    assert "Pausado" in await owner.press("⏸ Pausar")
    assert await owner.toast() == "Pausado"
    assert "Ativo" in await owner.press("▶ Retomar")
    rows = await office.desk.pool.fetch("SELECT actor, action FROM audit_log WHERE action <> 'bot.add' ORDER BY id")
    actor = f"admin:{owner.id}"
    assert [tuple(row) for row in rows] == [(actor, "bot.pause"), (actor, "bot.resume")]


async def test_a_second_tap_on_the_same_button_changes_nothing(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot")
    pause = await owner.data("⏸ Pausar")
    await owner.tap(pause)
    assert await owner.tap(pause) == STALE
    assert await office.desk.pool.fetchval("SELECT count(*) FROM audit_log WHERE action = 'bot.pause'") == 1


async def test_a_late_press_names_the_admin_who_was_faster(office: Office) -> None:
    owner, guest = office.owner, await office.someone()
    await office.appoint(guest, "editor")
    await owner.start()
    await guest.start()
    await owner.press("○ @shop_bot")
    await guest.press("○ @shop_bot", "⏸ Pause")
    toast = await owner.tap(await owner.data("⏸ Pausar"))
    assert re.fullmatch(r"Alterado por \w+ há \d+ segundos?", toast)


async def test_old_buttons_redraw_and_change_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = office.owner
    await owner.start()
    shop = await owner.data("○ @shop_bot")
    await owner.press("○ @shop_bot")
    pause = await owner.data("⏸ Pausar")
    await later(office, monkeypatch, 2 * LIFETIME_S)
    assert await owner.tap(shop) == "Menu atualizado"
    assert await owner.tap(pause) == "Este botão era antigo. Confira e toque de novo"
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bots WHERE status = 'paused'") == 0


async def later(office: Office, patch: pytest.MonkeyPatch, seconds: int) -> None:
    """The clock is this many seconds later, and stays there."""
    now_ms = await office.desk.now_ms() + 1000 * seconds

    async def clock(_: Desk) -> int:
        return now_ms

    patch.setattr(Desk, "now_ms", clock)


async def test_a_stranger_gets_one_polite_line_and_is_not_stored(office: Office) -> None:
    stranger = await office.someone()
    assert await stranger.start() == "This bot is for admins only. Ask the bot's owner for an invitation."
    assert (await stranger.screen()).reply_markup is None
    assert await office.desk.pool.fetchval("SELECT count(*) FROM admins") == 0


@pytest.mark.parametrize(("role", "paused"), [("analyst", 0), ("editor", 1)])
async def test_rights_are_checked_at_every_tap(office: Office, whole_pool: Pool, role: str, paused: int) -> None:
    guest = await office.someone()
    await office.appoint(guest, "editor")
    await guest.start()
    assert list(await guest.buttons()) == ["○ @shop_bot", "🌐 Português"]
    await guest.press("○ @shop_bot")
    pause = await guest.data("⏸ Pause")
    await whole_pool.execute("UPDATE bot_admins SET role = $1", role)
    assert await guest.tap(pause) == ("Paused" if paused else "Not available")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bots WHERE status = 'paused'") == paused


async def test_the_first_to_use_an_invitation_gets_the_role(office: Office) -> None:
    owner, guest, late = office.owner, await office.someone(), await office.someone()
    await owner.start()
    word = invitation(await owner.press("○ @shop_bot", "👥 Equipe", "➕ Editor"))
    assert "You now manage @shop_bot." in await guest.start(word)
    assert list(await guest.buttons()) == ["○ @shop_bot", "🌐 Português"]
    assert "has been used or has expired" in await late.start(word)
    line = "SELECT after->>'invited_by' FROM audit_log WHERE action = 'bot.role' ORDER BY id LIMIT 1"
    assert await office.desk.pool.fetchval(line) == str(owner.id)
    assert await office.desk.pool.fetchval("SELECT role FROM bot_admins WHERE admin_id = $1", guest.id) == "editor"
    await owner.press("◀ Voltar", "👥 Equipe", "Carla")
    assert "não vê mais nada do bot" in await owner.press("✖ Remover acesso")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bot_admins") == 1
    await owner.press("✖ Remover agora")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bot_admins") == 0


async def test_an_invitation_takes_no_rights_away_and_stays_valid_for_someone_else(office: Office) -> None:
    chief, guest, deputy = office.owner, await office.someone(), await office.someone()
    await office.appoint(deputy, "owner")
    await deputy.start()
    word = invitation(await deputy.press("○ @shop_bot", "👥 Team", "➕ Analyst"))
    for one, words in ((deputy, "already manage @shop_bot"), (chief, "já administra @shop_bot")):
        assert words in await one.start(word)
    assert await office.desk.pool.fetchval("SELECT role FROM bot_admins WHERE admin_id = $1", deputy.id) == "owner"
    assert "You now manage @shop_bot." in await guest.start(word)


TOKEN = "7123456789:" + "A" * 35


AT_A_STEP = ("○ @shop_bot", "🔁 Recuperação", "📋 Passos", "● Passo 1")
"""A screen that accepts any message."""


@pytest.mark.parametrize("way", [(), AT_A_STEP], ids=["at home", "at a step"])
async def test_a_token_pasted_at_the_wrong_moment_is_deleted_and_not_kept(office: Office, way: tuple[str, ...]) -> None:
    owner, pool = office.owner, office.desk.pool
    await campaigns.import_draft(pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await owner.start()
    await owner.press(*way)
    assert "continha o token" in await owner.says(f"here it is: {TOKEN}")
    transcript = await owner.people.transcript(owner.me.id, owner.id)
    assert [one.text for one in transcript.messages if TOKEN in (one.text or "") and not one.deleted] == []
    found = await campaign_views.draft(pool, await office.bot_id())
    assert found == (1, DRAFT)


async def test_the_manager_cannot_be_added_as_a_bot(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("➕ Bot")
    assert "é este próprio bot" in await owner.says(office.me.token)
    assert await office.desk.pool.fetchval("SELECT count(*) FROM bots") == 2


async def test_a_new_token_does_not_resume_a_paused_bot(office: Office) -> None:
    owner, pool = office.owner, office.desk.pool
    bot = await owner.people.revoke_token("shop_bot")
    await owner.start()
    await owner.press("○ @shop_bot", "⏸ Pausar", "🔑 Novo token")
    assert "⏸ Pausado" in await owner.says(bot.token)
    assert await pool.fetchval("SELECT status FROM bots WHERE username = 'shop_bot'") == "paused"


async def test_a_slow_press_is_answered_before_it_is_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, gate, bots_of = office.owner, asyncio.Event(), bot_views.bots_of

    async def slow(pool: Pool, admin: Admin) -> list[BotStatus]:
        await gate.wait()
        return await bots_of(pool, admin)

    await owner.start()
    english = await owner.data("🌐 English")
    monkeypatch.setattr(bot_views, "bots_of", slow)
    await owner.tap(english)
    assert await owner.toast() == "Um momento…"
    gate.set()
    await owner.shows("2 bots")


async def test_a_question_expires_after_fifteen_minutes_and_its_message_is_still_deleted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("➕ Bot")
    asked = await owner.screen()
    now_ms = await office.desk.now_ms() + 16 * 60_000

    async def later(_: Desk) -> int:
        return now_ms

    monkeypatch.setattr(Desk, "now_ms", later)
    assert "2 bots" in await owner.says("hello")
    transcript = await owner.people.transcript(owner.me.id, owner.id)
    assert [one.deleted for one in transcript.messages if one.message_id == asked.message_id] == [True]


async def test_a_campaign_is_paused_and_stopped_after_a_confirmation(office: Office) -> None:
    owner, change = office.owner, Change("test", 1)
    await campaigns.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, change)
    await campaigns.publish(office.desk.pool, "shop_bot", LEAST_MS, change)
    await owner.start()
    assert "RASCUNHO v1" in await owner.press("○ @shop_bot", "🔁 Recuperação")
    live = await owner.press("▶ Ativar")
    assert "NO AR v1" in live
    assert "Tempo sem resposta: 10m" in live
    assert "PAUSADA" in await owner.press("⏸ Pausar")
    assert "0 pessoas estão" in await owner.press("⏹ Encerrar")
    assert "ENCERRADA" in await owner.press("⏹ Encerrar para todos agora")
    assert await office.desk.pool.fetchval("SELECT state FROM recovery_campaigns") == "stopped"


async def test_a_campaign_that_cannot_be_read_can_be_stopped(office: Office, whole_pool: Pool) -> None:
    owner, pool, change = office.owner, office.desk.pool, Change("test", 1)
    await campaigns.import_draft(pool, "shop_bot", DRAFT, LEAST_MS, change)
    await campaigns.publish(pool, "shop_bot", LEAST_MS, change)
    await campaigns.activate(pool, "shop_bot", change)
    await whole_pool.execute("UPDATE recovery_steps SET schedule = 'never'")
    await owner.start()
    assert "Não entendi" in await owner.press("● @shop_bot", "🔁 Recuperação")
    await owner.press("⏹ Encerrar", "⏹ Encerrar para todos agora")
    assert await pool.fetchval("SELECT state FROM recovery_campaigns") == "stopped"


async def test_a_campaign_starts_empty_and_its_first_step_asks_when(office: Office) -> None:
    owner = office.owner
    await owner.start()
    assert "Ainda não há campanha." in await owner.press("○ @shop_bot", "🔁 Recuperação")
    assert "à noite espera até a manhã" in await owner.press("➕ Criar a campanha")
    assert "Nenhum passo ainda." in await owner.press("☀ Só das 9h às 21h")
    assert await office.desk.pool.fetchval("""SELECT "window"->>'start' FROM recovery_campaigns""") == "540"
    assert "Quando o novo passo é enviado?" in await owner.press("➕ Passo")
    assert "Não entendi" in await owner.says("sometime soon")
    assert "Passo 1 de 1" in await owner.says("amanhã 09:30")
    assert "🕘 amanhã 09:30" in await owner.text()
    day = r"\w+\. \d+ \w+\. 09:30"
    both = re.search(rf"às 23:59: ({day}); às 00:01: ({day})\.", await owner.text())
    assert both
    assert both[1] != both[2]
    assert "23:59" not in await owner.press("🕘 Quando") + await owner.says("2 horas")


async def test_a_complete_city_name_is_accepted_and_a_part_of_one_is_asked_about(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    await owner.press("◀ Voltar", "◀ Voltar", "⚙ Ajustes", "🌍 Fuso horário")
    assert "America/Bahia" in await owner.says("Salvador")
    await owner.press("🌍 Fuso horário")
    assert "Qual destas?" in await owner.says("el salv")
    assert [label for label in await owner.buttons() if re.fullmatch(r"America/El_Salvador · \d\d:\d\d", label)]
    assert "America/El_Salvador" in await owner.press("America/El_Salvador")


async def test_a_choice_accepts_another_name_and_leaves_one_menu(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    await owner.press("◀ Voltar", "◀ Voltar", "⚙ Ajustes", "🌍 Fuso horário")
    await owner.says("el salv")
    assert "America/Recife" in await owner.says("Recife")
    transcript = await owner.people.transcript(owner.me.id, owner.id)
    assert len([one for one in transcript.messages if one.from_bot and not one.deleted]) == 1


async def test_a_step_is_copied_moved_and_switched_and_an_older_button_changes_nothing(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    delete = await owner.data("📑 Copiar")
    await owner.press("📑 Copiar")
    assert await owner.toast() == "Salvo no rascunho"
    assert await owner.again(delete) == STALE
    assert "Passo 2 de 2" in await owner.press("↓")
    assert "Desligado" in await owner.press("○ Desligar")
    found = await campaign_views.draft(office.desk.pool, await office.bot_id())
    assert found
    assert [(one.key, one.active) for one in found[1].steps] == [("s2", False), ("a", False)]


async def test_a_deleted_step_comes_back(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    assert "0 pessoas estão esperando este passo." in await owner.press("🗑")
    assert "excluído do rascunho" in await owner.press("🗑 Excluir agora")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_steps") == 0
    await owner.press("◀ Voltar", "◀ Voltar", "⏸ Pausar", "▶ Retomar", "🔁 Recuperação", "📋 Passos")
    await owner.press("↩ Desfazer")
    assert await owner.toast() == "Desfeito"
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_blocks") == 1
    assert "↩ Desfazer" not in await owner.buttons()


async def test_a_block_and_its_buttons_are_deleted_after_a_confirmation(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    await owner.press("1 💬 Hi", "🔘 Botões", "🔕 Só “Parar lembretes”")
    assert "Parar lembretes | stop" in await owner.press("🗑 Tirar botões")
    assert "Parar lembretes" in await office.desk.pool.fetchval("SELECT document::text FROM recovery_blocks")
    assert "Nenhum botão ainda." in await owner.press("🗑 Tirar botões")
    assert "Excluir o bloco 1 do passo 1?\n💬 Hi" in await owner.press("◀ Voltar", "🗑")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_blocks") == 1
    assert "excluído do rascunho" in await owner.press("🗑 Excluir agora")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_blocks") == 0


async def test_a_command_and_another_button_end_the_question(office: Office) -> None:
    owner = office.owner
    await _at_the_step(office)
    await owner.press("◀ Voltar", "➕ Passo")
    assert "Cancelado." in await owner.says("/cancel")
    await owner.press("➕ Passo")
    assert "2 bots" in await owner.says("/start")
    assert "2 bots" in await owner.says("10m")
    await owner.press("○ @shop_bot", "🔁 Recuperação", "📋 Passos", "➕ Passo", "✖ Cancelar")
    assert "2 bots" in await owner.says("10m")
    assert await office.desk.pool.fetchval("SELECT count(*) FROM recovery_steps") == 1


async def _at_the_step(office: Office) -> None:
    await campaigns.import_draft(office.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await office.owner.start()
    await office.owner.press("○ @shop_bot", "🔁 Recuperação", "📋 Passos", "● Passo 1")
    assert "Passo 1 de 1" in await office.owner.text()


@pytest.mark.parametrize(
    ("name", "shown"), [("\u200b\u3164", ""), ("\u202eANA", "ANA"), ("Ana\n\u2067Lima", "Ana Lima")]
)
async def test_a_name_neither_hides_a_member_nor_turns_the_line_round(office: Office, name: str, shown: str) -> None:
    owner, guest = office.owner, await office.someone()
    await office.appoint(guest, "editor")
    await office.desk.pool.execute("UPDATE admins SET name = $1", name)
    await owner.start()
    await owner.press("○ @shop_bot", "👥 Equipe")
    known = shown or str(guest.id)
    assert f"{known} · editor" in await owner.buttons()
    assert f"{known}: editor de @shop_bot." in await owner.press(f"{known} · editor")

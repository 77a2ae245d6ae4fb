"""A bot that nobody reads is never shown as live: each screen says what is wrong and what helps."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest

from engine.administration import campaigns
from engine.core.change import Change
from engine.core.feed_status import STALE_MS
from storage.postgres import feed_doubts, incidents
from storage.postgres.incidents import FOREIGN_WEBHOOK, SECOND_READER
from storage.postgres.pool import Pool, transaction
from storage.redis import keys
from tests.flows.office import DRAFT, LEAST_MS, Office, open_office

Trouble = Callable[[Office, int], Awaitable[None]]
TRUST: Final = "✔ O outro programa está desligado"


@pytest.fixture
async def office(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch) as opened:
        pool, change = opened.desk.pool, Change("test", 1)
        await campaigns.import_draft(pool, "shop_bot", DRAFT, LEAST_MS, change)
        await campaigns.publish(pool, "shop_bot", LEAST_MS, change)
        await campaigns.activate(pool, "shop_bot", change)
        yield opened


def an_incident(kind: str, detail: str) -> Trouble:
    async def happens(office: Office, bot_id: int) -> None:
        async with transaction(office.desk.pool) as connection:
            await incidents.open_incident(connection, bot_id, kind, detail, await office.desk.now_ms())

    return happens


async def a_second_reader(office: Office, bot_id: int) -> None:
    async with transaction(office.desk.pool) as connection:
        await feed_doubts.contest(connection, bot_id, SECOND_READER, "other getUpdates", await office.desk.now_ms())


async def a_second_reader_that_has_gone(office: Office, bot_id: int) -> None:
    await a_second_reader(office, bot_id)
    async with transaction(office.desk.pool) as connection:
        await feed_doubts.read_again(connection, bot_id, await office.desk.now_ms())


async def silence_of_telegram(office: Office, bot_id: int) -> None:
    long_ago = await office.desk.now_ms() - 2 * STALE_MS
    await office.desk.redis.hset(keys.of_bot(bot_id).bot, "watermark", str(long_ago))


TROUBLES: Final[dict[str, tuple[Trouble, str, str]]] = {
    "a refused token": (
        an_incident("feed_unauthorized", "the feed: 401"),
        "o Telegram não aceita o token",
        "o Telegram não aceita o token",
    ),
    "a foreign webhook": (an_incident(FOREIGN_WEBHOOK, "shop.example"), "outro sistema recebe", "shop.example"),
    "a second reader": (a_second_reader, "outro programa também lê", "Desligue o outro programa"),
    "its end": (a_second_reader_that_has_gone, "outro programa leu", "em 10 minutos"),
    "no contact": (silence_of_telegram, "sem contato com o Telegram", "Último contato com o Telegram: há 2 minutos"),
}


@pytest.mark.parametrize(("trouble", "short", "mend"), TROUBLES.values(), ids=TROUBLES)
async def test_home_bot_and_campaign_say_that_nothing_is_sent(
    office: Office, trouble: Trouble, short: str, mend: str
) -> None:
    owner, bot_id = office.owner, await office.bot_id()
    await owner.start()
    assert "● @shop_bot" in await owner.buttons()
    await trouble(office, bot_id)
    home = await owner.start()
    assert f"⚠ @shop_bot: nada é enviado ({short}" in home
    bot = await owner.press("⚠ @shop_bot")
    assert mend in bot
    assert "● Ativo" not in bot
    campaign = await owner.press("🔁 Recuperação")
    assert "⚠ NO AR, mas nada é enviado" in campaign
    assert mend in campaign
    assert "Quem parar de responder agora recebe" not in campaign
    assert not [word for word in ("401", "getUpdates", "feed") if word in f"{home} {bot} {campaign}"]


@pytest.mark.parametrize(("way", "well"), [((), "● Ativo"), (("🔁 Recuperação",), "● NO AR")], ids=["bot", "campaign"])
async def test_an_owner_can_say_that_silences_count_again(office: Office, way: tuple[str, ...], well: str) -> None:
    owner, bot_id = office.owner, await office.bot_id()
    await a_second_reader(office, bot_id)
    await owner.start()
    await owner.press("⚠ @shop_bot", *way)
    assert "@shop_bot" in await owner.press(TRUST, "✖ Cancelar", TRUST)
    confirm = await owner.data("✔ Sim, voltar a enviar")
    assert well in await owner.press("✔ Sim, voltar a enviar")
    audited = "SELECT count(*) FROM audit_log WHERE action = 'bot.trust'"
    assert await office.desk.pool.fetchval(audited) == 1
    await owner.again(confirm)
    assert await office.desk.pool.fetchval(audited) == 1


async def test_nobody_is_asked_whether_a_webhook_is_gone_that_is_there(office: Office) -> None:
    """Telegram says that it is, so the word would be taken back at the next look."""
    owner, bot_id = office.owner, await office.bot_id()
    async with transaction(office.desk.pool) as connection:
        now_ms = await office.desk.now_ms()
        await feed_doubts.contest(connection, bot_id, FOREIGN_WEBHOOK, "shop.example", now_ms)
    await owner.start()
    await owner.press("⚠ @shop_bot")
    assert TRUST not in await owner.buttons()
    await owner.press("🔁 Recuperação")
    assert TRUST not in await owner.buttons()
    async with transaction(office.desk.pool) as connection:
        await feed_doubts.read_again(connection, bot_id, await office.desk.now_ms())
    await owner.start()
    await owner.press("⚠ @shop_bot")
    assert TRUST in await owner.buttons()


@pytest.mark.parametrize("role", ["editor", "analyst"])
async def test_only_an_owner_can_say_so(office: Office, whole_pool: Pool, role: str) -> None:
    guest, bot_id = await office.someone(), await office.bot_id()
    await office.appoint(guest, "owner")
    await a_second_reader(office, bot_id)
    await guest.start()
    await guest.press("⚠ @shop_bot", "✔ The other program is off")
    confirm = await guest.data("✔ Yes, send again")
    await whole_pool.execute("UPDATE bot_admins SET role = $1", role)
    assert await guest.tap(confirm) == "Not available"
    await guest.start()
    await guest.press("⚠ @shop_bot")
    assert "✔ The other program is off" not in await guest.buttons()
    assert await office.desk.pool.fetchval("SELECT doubted_until FROM bots WHERE id = $1", bot_id) is not None

"""What admins do with a bot, on a real PostgreSQL and Valkey: the change, its audit, and the refusals."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from engine.administration import bots as registry
from engine.administration.bots import Identity, Registered
from engine.core.change import Change
from engine.core.errors import BotError, NotFoundError, UnreachableError
from engine.poller import reaper
from engine.security.vault import Vault
from engine.settings import Secret, load_settings
from storage.postgres import bots, incidents
from storage.postgres.poller_bots import BotRow, list_bots
from storage.postgres.pool import Pool, open_pool, transaction
from storage.postgres.receiver_bots import list_watched
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers

KEYS = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="
SHOP = Identity(7, "shop_bot")
TOKEN, NEWER = Secret("7:old-token"), Secret("7:newer-token")
Act: TypeAlias = Callable[[Pool, str, Change], Awaitable[None]]
CHANGE = Change("ana", 1_000)
LATER = Change("bia", 2_000)
LIVE = """
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms) VALUES (7, 'live', 60000, 'UTC', 60000);
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at) VALUES (7, 41, 1, 1, 1);
INSERT INTO recovery_deliveries VALUES (7, 41, 1, 's', 'b', 0, 'scheduled', NULL, 1, 0, 1, 0)
"""
TIMED = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, message_ids, delete_at, deleted_at)
VALUES (7, $1, 1, 's', 'b', 0, 'sent', 1, 1, 0, '{5}', 9, $2)
"""


class Office(NamedTuple):
    """One registered bot, and the keys to both servers."""

    pool: Pool
    client: Redis
    vault: Vault

    async def add(self, token: Secret = TOKEN, change: Change = CHANGE, bot: Identity = SHOP) -> None:
        await registry.add(self.pool, self.vault, bot, token, None, change)

    async def remove(self, *, confirmed: bool = True) -> int:
        return await registry.remove(self.pool, self.client, "@shop_bot", LATER, confirmed=confirmed)

    async def suspend(self) -> None:
        async with transaction(self.pool) as connection:
            known = await bots.hold(connection, SHOP.id)
            assert known
            await bots.suspend(connection, SHOP.id, known.token, "refused", 1_500)

    async def token(self) -> bytes:
        return bytes(await self.pool.fetchval("SELECT token FROM bots WHERE id = 7"))

    async def status(self) -> str:
        return str(await self.pool.fetchval("SELECT status FROM bots WHERE id = 7"))

    async def actions(self) -> list[str]:
        return [row[0] for row in await self.pool.fetch("SELECT action FROM audit_log ORDER BY id")]


@pytest.fixture
async def office(redis_url: str, database_url: str) -> AsyncIterator[Office]:
    client = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        office = Office(pool, client, vault(KEYS[0]))
        await office.add()
        yield office
    await client.aclose()


def vault(*keys: str) -> Vault:
    environ = {"REDIS_URL": "redis://x", "DATABASE_URL": "postgresql://x/y", "ENCRYPTION_KEY": ",".join(keys)}
    return Vault(load_settings(environ, Path("no.env")).encryption_keys)


async def test_the_same_token_again_changes_nothing(office: Office) -> None:
    before = await office.token()
    await office.add(change=LATER)
    assert await office.token() == before
    assert await office.actions() == ["bot.add"]


async def test_the_same_token_under_another_key_is_stored_again(office: Office) -> None:
    renewed = office._replace(vault=vault(KEYS[1]))
    await renewed.add()
    assert renewed.vault.decrypt(await office.token()) == TOKEN.reveal()


async def test_a_new_name_of_a_known_bot_is_taken_over(office: Office) -> None:
    await office.add(bot=Identity(7, "store_bot"))
    assert await registry.listed(office.pool) == [Registered(7, "store_bot", "active")]


async def test_a_new_token_lets_a_suspended_bot_go_on_and_ends_its_incidents(office: Office) -> None:
    await office.suspend()
    await office.add(NEWER, LATER)
    assert office.vault.decrypt(await office.token()) == NEWER.reveal()
    assert await office.status() == "active"
    assert await office.pool.fetchval("SELECT closed_at FROM incidents") == LATER.at


async def test_the_token_that_was_refused_by_mistake_is_taken_up_again(office: Office) -> None:
    """Its receiver has given it up: only a row that changes wakes it."""
    async with transaction(office.pool) as connection:
        await incidents.open_incident(connection, 7, "feed_unauthorized", "getUpdates: 401", 1_500)
    before = await office.token()
    await office.add(change=LATER)
    assert await office.token() != before


async def test_a_bot_is_held_and_let_go_once_each(office: Office) -> None:
    for act, status in ((registry.pause, "paused"), (registry.resume, "active")):
        for _ in range(2):
            await act(office.pool, "@SHOP_bot", LATER)
            assert await office.status() == status
    assert await office.actions() == ["bot.add", "bot.pause", "bot.resume"]


async def set_pace(office: Office, pace: int, *, paid: bool = False, confirmed: bool = False) -> BotRow:
    """As pollers know it then."""
    await registry.set_pace(office.pool, "@shop_bot", pace, LATER, paid=paid, confirmed=confirmed)
    (row,) = await list_bots(office.pool)
    return row


async def test_a_pace_is_changed_and_audited_once(office: Office) -> None:
    for _ in range(2):
        assert (await set_pace(office, 30)).pace == 30
    assert await office.actions() == ["bot.add", "bot.pace"]
    states = await office.pool.fetch("SELECT before ->> 'pace', after ->> 'pace' FROM audit_log ORDER BY id")
    assert tuple(states[-1]) == ("25", "30")


async def test_new_chats_by_api_are_off_until_an_owner_switches_them_on_and_audited_once(office: Office) -> None:
    for by_api in (False, True, True):
        await registry.set_new_chats(office.pool, "@shop_bot", LATER, by_api=by_api)
    assert await office.actions() == ["bot.add", "bot.new_chats"]
    assert await office.pool.fetchval("SELECT new_chats_by_api FROM bots")


async def test_a_paid_pace_needs_the_owners_word_once_and_ends_with_a_free_pace(office: Office) -> None:
    with pytest.raises(BotError, match=r"confirm with `python -m engine bots pace @shop_bot 500 --paid --yes`"):
        await set_pace(office, 500, paid=True)
    row = await set_pace(office, 500, paid=True, confirmed=True)
    assert (row.pace, row.paid_broadcast) == (500, True)
    assert (await set_pace(office, 1_000, paid=True)).pace == 1_000
    row = await set_pace(office, 25)
    assert (row.pace, row.paid_broadcast) == (25, False)


@pytest.mark.parametrize(
    ("pace", "paid", "mend"),
    [(31, False, "at most 30, or add --paid"), (0, False, "from 1 to 30"), (1_001, True, "to 1000 with --paid")],
)
async def test_a_pace_that_telegram_does_not_bear_is_refused(
    office: Office, pace: int, mend: str, *, paid: bool
) -> None:
    with pytest.raises(BotError, match=mend):
        await set_pace(office, pace, paid=paid, confirmed=True)
    assert await office.actions() == ["bot.add"]


async def test_a_bot_that_is_unknown_or_removed_has_no_pace(office: Office) -> None:
    await office.remove()
    with pytest.raises(NotFoundError, match="There is no bot @shop_bot"):
        await set_pace(office, 20)


@pytest.mark.parametrize("act", [registry.pause, registry.resume])
async def test_a_suspended_bot_asks_for_a_new_token(office: Office, act: Act) -> None:
    await office.suspend()
    with pytest.raises(BotError, match=r"give it a new token with `python -m engine bots add`"):
        await act(office.pool, "@shop_bot", LATER)
    assert await office.status() == "suspended"


@pytest.mark.parametrize("act", [registry.pause, registry.resume])
async def test_a_bot_that_is_unknown_or_removed_is_neither_held_nor_let_go(office: Office, act: Act) -> None:
    with pytest.raises(NotFoundError, match="There is no bot @nobody"):
        await act(office.pool, "@nobody", LATER)
    await office.remove()
    with pytest.raises(NotFoundError, match="There is no bot @shop_bot"):
        await act(office.pool, "@shop_bot", LATER)


async def test_a_removal_says_first_what_it_would_do(office: Office) -> None:
    await office.pool.execute(LIVE)
    with pytest.raises(BotError, match=r"@shop_bot, end its 1 open episode and forget .* remove @shop_bot --yes`"):
        await office.remove(confirmed=False)
    assert await office.status() == "active"


async def test_a_removal_ends_everything_and_forgets_token_and_timers(office: Office) -> None:
    await office.pool.execute(LIVE)
    await Timers(office.client).touch(7, [Sign(41, 0)], 60_000)
    await Timers(office.client).touch(8, [Sign(41, 0)], 60_000)
    assert await office.remove() == 1
    assert (await office.status(), await office.token()) == ("removed", b"")
    state = await office.pool.fetchval("SELECT state FROM recovery_campaigns")
    assert (state, await office.pool.fetchval("SELECT reason FROM recovery_episodes")) == ("stopped", "stopped")
    assert await office.pool.fetchval("SELECT status FROM recovery_deliveries") == "cancelled"
    assert await office.client.exists(*of_bot(7)) == 0
    assert await office.client.exists(of_bot(8).timers) == 1
    assert await office.actions() == ["bot.add", "campaign.stopped", "bot.remove"]


async def test_a_removal_says_first_how_many_messages_nobody_will_delete_any_more(office: Office) -> None:
    await office.pool.executemany(TIMED, [(chat, deleted) for chat, deleted in enumerate((None, None, 5))])
    with pytest.raises(BotError, match=r"episodes, leave 2 messages that were to be deleted later and forget"):
        await office.remove(confirmed=False)


async def test_a_removal_is_repeated_without_a_question_or_a_line(office: Office) -> None:
    await office.remove()
    await office.client.set(of_bot(7).timers, "of a touch that came late")
    assert await office.remove(confirmed=False) == 0
    assert await office.client.exists(*of_bot(7)) == 0
    assert await office.actions() == ["bot.add", "bot.remove"]


async def test_a_redis_that_does_not_answer_asks_for_the_same_again(office: Office) -> None:
    away = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match="then do the same again"):
        await registry.remove(office.pool, away, "@shop_bot", LATER, confirmed=True)
    await away.aclose()
    assert await office.status() == "removed"


async def test_a_poller_finishes_a_removal_that_broke_off(office: Office) -> None:
    await office.add(bot=Identity(8, "other_bot"), token=Secret("8:token"))
    for bot_id in (7, 8):
        await Timers(office.client).touch(bot_id, [Sign(41, 0)], 60_000)
    away = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError):
        await registry.remove(office.pool, away, "@shop_bot", LATER, confirmed=True)
    await away.aclose()
    await reaper.forget_removed(office.pool, office.client)
    assert (await office.client.exists(*of_bot(7)), await office.client.exists(of_bot(8).timers)) == (0, 1)


async def test_a_removed_bot_may_be_added_again_and_its_campaign_waits(office: Office) -> None:
    await office.pool.execute(LIVE)
    await office.remove()
    await office.add(NEWER)
    assert await registry.listed(office.pool) == [Registered(7, "shop_bot", "active")]
    assert office.vault.decrypt(await office.token()) == NEWER.reveal()
    assert await office.pool.fetchval("SELECT state FROM recovery_campaigns") == "stopped"


async def test_nobody_reads_the_token_of_a_removed_bot(office: Office) -> None:
    await office.remove()
    assert await list_bots(office.pool) == []
    assert await list_watched(office.pool) == []


async def test_no_line_of_the_audit_log_holds_a_token(office: Office) -> None:
    await office.suspend()
    await office.add(NEWER)
    await office.remove()
    lines = [str(tuple(row)) for row in await office.pool.fetch("SELECT * FROM audit_log")]
    assert len(lines) == 4
    assert not [line for line in lines if "token" in line or "gAAAA" in line]

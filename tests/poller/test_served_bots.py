"""What a poller knows of its bots: trouble with one bot affects no other."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator

import pytest

from engine.core.campaign.document import encode
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.lane_state import LaneState
from engine.core.schedule.step_schedule import After
from engine.poller.served_bots import ServedBots
from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres.pool import Pool, open_pool

VAULT = Vault([Secret(urlsafe_b64encode(b"k" * 32).decode())])
NEWEST = Snapshot("UTC", (Step("a", After(0), (Block("b", Text("x")),)),))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


async def add(pool: Pool, bot_id: int, token: bytes, document: str | None = None) -> None:
    await pool.execute(
        "INSERT INTO bots (id, username, token, created_at) VALUES ($1, $2, $3, 0)", bot_id, f"bot_{bot_id}", token
    )
    if document:
        await pool.execute(
            "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, published_version)"
            " VALUES ($1, 'live', 60000, 'UTC', 0, 1)",
            bot_id,
        )
        await pool.execute("INSERT INTO recovery_versions VALUES ($1, 1, 1, $2, 0)", bot_id, document)


async def test_a_bot_comes_with_its_token_and_its_published_version(pool: Pool) -> None:
    await add(pool, 1, VAULT.encrypt("1:token"), encode(NEWEST))
    catalogue = ServedBots(pool, VAULT)
    await catalogue.refresh()
    bot = catalogue.bots[1]
    assert (bot.token, bot.newest, bot.newest_version, bot.state) == ("1:token", NEWEST, 1, LaneState.OPEN)


async def test_an_unreadable_token_or_document_stops_no_other_bot(pool: Pool) -> None:
    await add(pool, 1, b"not encrypted by us")
    await add(pool, 2, VAULT.encrypt("2:token"), '{"layout": 99}')
    await add(pool, 3, VAULT.encrypt("3:token"))
    catalogue = ServedBots(pool, VAULT)
    await catalogue.refresh()
    assert list(catalogue.bots) == [3]
    assert catalogue.bots[3].state is LaneState.DRAINING

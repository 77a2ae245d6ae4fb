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


class CountingVault(Vault):
    def __init__(self) -> None:
        super().__init__([Secret(urlsafe_b64encode(b"k" * 32).decode())])
        self.opened = 0

    def decrypt(self, ciphertext: bytes) -> str:
        self.opened += 1
        return super().decrypt(ciphertext)


@pytest.mark.parametrize(
    ("change", "what", "becomes"),
    [
        ("UPDATE bots SET pace = 9", "pace", 9),
        ("UPDATE bots SET token = '{token}'", "token", "1:another"),
        ("UPDATE bots SET status = 'paused'", "state", LaneState.SHUT),
        ("UPDATE bots SET status = 'paused'", "suspended", False),
        ("UPDATE bots SET status = 'suspended'", "suspended", True),
        ("UPDATE recovery_campaigns SET state = 'stopped'", "state", LaneState.DRAINING),
        (
            "INSERT INTO switches (name, engaged, changed_at) VALUES ('emergency_stop', true, 0)",
            "state",
            LaneState.SHUT,
        ),
        ("UPDATE recovery_campaigns SET published_version = 2", "newest_version", 2),
    ],
)
async def test_a_bot_is_opened_again_when_its_row_has_changed_and_only_then(
    pool: Pool, change: str, what: str, becomes: object
) -> None:
    vault = CountingVault()
    await add(pool, 1, vault.encrypt("1:token"), encode(NEWEST))
    await add(pool, 2, vault.encrypt("2:token"))
    await pool.execute("INSERT INTO recovery_versions VALUES (1, 2, 1, $1, 0)", encode(NEWEST))
    catalogue = ServedBots(pool, vault)
    for _ in range(3):
        await catalogue.refresh()
    assert vault.opened == 2
    await pool.execute(change.format(token="\\x" + vault.encrypt("1:another").hex()))
    await catalogue.refresh()
    assert getattr(catalogue.bots[1], what) == becomes


async def test_a_bot_that_was_removed_is_forgotten(pool: Pool) -> None:
    await add(pool, 1, VAULT.encrypt("1:token"))
    catalogue = ServedBots(pool, VAULT)
    await catalogue.refresh()
    await pool.execute("DELETE FROM bots")
    await catalogue.refresh()
    assert catalogue.bots == {}

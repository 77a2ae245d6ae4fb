"""Registering a bot: Telegram says whose token it is; every refusal is one sentence, and none shows the token."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Fault, FaultKind
from engine.administration import bots
from engine.administration.registration import add
from engine.core.errors import BotError, NotFoundError, RecoveryError, UnreachableError
from engine.settings import Secret, Settings, load_settings
from storage.postgres.pool import open_pool

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(bots=1) as sandbox:
        yield sandbox


@pytest.fixture
def settings(sandbox: Sandbox, redis_url: str, database_url: str) -> Settings:
    environ = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    return load_settings({**environ, "TELEGRAM_API_URL": sandbox.api_url}, Path("no.env"))


@pytest.fixture
def token(sandbox: Sandbox) -> Secret:
    return Secret(sandbox.bots[0].token)


async def listed(settings: Settings) -> list[str]:
    async with await open_pool(settings.database_url) as pool:
        return [f"{bot.bot_id}  @{bot.username}  {bot.status}" for bot in await bots.listed(pool)]


async def refused(settings: Settings, token: Secret, kind: type[RecoveryError], mend: str) -> None:
    with pytest.raises(kind, match=mend) as refusal:
        await add(settings, token)
    assert token.reveal() not in str(refusal.value)
    assert await listed(settings) == []


async def test_a_bot_is_registered_under_its_own_name_and_its_token_is_unreadable(
    settings: Settings, sandbox: Sandbox, token: Secret, database_url: str
) -> None:
    (info,) = sandbox.bots
    await add(settings, token)
    await add(settings, token)
    assert await listed(settings) == [f"{info.id}  @{info.username}  active"]
    connection = await asyncpg.connect(database_url)
    assert token.reveal().encode() not in await connection.fetchval("SELECT token FROM bots")
    await connection.close()


@pytest.mark.parametrize("text", ["hello", "1:a/../x", "1:a b", "²:abc"])
async def test_what_is_no_token_is_not_even_asked_about(settings: Settings, text: str) -> None:
    await refused(settings, Secret(text), NotFoundError, "not a bot's token")


async def test_an_unknown_token_is_refused(settings: Settings) -> None:
    await refused(settings, Secret("1:" + "a" * 35), NotFoundError, "@BotFather")


async def test_a_busy_bot_api_is_not_taken_for_a_wrong_token(
    settings: Settings, sandbox: Sandbox, token: Secret
) -> None:
    async with SandboxClient(sandbox.control_url) as control:
        await control.set_fault(Fault(FaultKind.INTERNAL_ERROR, method="getMe"))
    await refused(settings, token, UnreachableError, "try again")


async def test_a_known_name_with_another_id_is_refused_with_both(
    settings: Settings, sandbox: Sandbox, token: Secret, database_url: str
) -> None:
    (info,) = sandbox.bots
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO bots (id, username, token, created_at) VALUES (1, $1, '', 0)", info.username.upper()
    )
    with pytest.raises(BotError, match=f"registered as bot 1, and this token is of bot {info.id}"):
        await add(settings, token)
    assert await connection.fetchval("SELECT array_agg(id) FROM bots") == [1]
    await connection.close()


async def test_a_token_of_another_bot_than_the_one_meant_is_refused(
    settings: Settings, token: Secret, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO bots (id, username, token, created_at) VALUES (1, 'club_bot', 'old', 0)")
    with pytest.raises(BotError, match=r"@club_bot is another bot: its users and files differ") as refusal:
        await add(settings, token, "@club_bot")
    assert token.reveal() not in str(refusal.value)
    assert [tuple(row) for row in await connection.fetch("SELECT id, token FROM bots")] == [(1, b"old")]
    await connection.close()


async def test_the_name_that_is_meant_must_be_known(settings: Settings, token: Secret) -> None:
    with pytest.raises(NotFoundError, match="There is no bot @club_bot"):
        await add(settings, token, "@club_bot")


async def test_who_acts_is_written_down(settings: Settings, token: Secret, database_url: str) -> None:
    await add(settings, token)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT actor FROM audit_log") == f"cli:uid={os.getuid()}"
    await connection.close()

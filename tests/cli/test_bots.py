"""Registering a bot: Telegram says whose token it is; every refusal is one sentence, and none shows the token."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Fault, FaultKind
from engine.cli.bots import add, listed
from engine.core.errors import BotError, NotFoundError, RecoveryError, UnreachableError
from engine.settings import Secret, Settings, load_settings

ROOT = Path(__file__).parents[2]
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


async def door(settings: Settings, *args: str, stdin: str = "") -> tuple[int, str, str]:
    """Run the command line; its status, and what it says where."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "bots", *args),
        cwd=ROOT,
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "REDIS_URL": settings.redis_url,
            "DATABASE_URL": settings.database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": settings.telegram_api_url,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_from_its_door_a_bot_is_added_held_let_go_and_removed(
    settings: Settings, sandbox: Sandbox, token: Secret
) -> None:
    (info,) = sandbox.bots
    name = f"@{info.username}"
    added = await door(settings, "add", stdin=f"{token.reveal()}\n")
    assert added == (0, f"Registered {name} ({info.id}).\n", "")
    assert await door(settings, "pause", name) == (
        0,
        f"{name} is paused: nothing is sent, and every timer stays.\n",
        "",
    )
    assert await door(settings, "list") == (0, f"{info.id}  {name}  paused\n", "")
    assert await door(settings, "resume", name) == (0, f"{name} is active.\n", "")
    paced = await door(settings, "pace", name, "40", "--paid", "--yes")
    assert paced == (0, f"{name} sends at most 40 messages a second, paid with its Stars.\n", "")
    status, out, err = await door(settings, "remove", name)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert f"confirm with `python -m engine bots remove {name} --yes`" in err
    removed = await door(settings, "remove", name, "--yes")
    assert removed == (0, f"{name} is removed; 0 episodes ended. `add` takes it up again.\n", "")
    assert await door(settings, "list") == (0, "", "")


async def test_from_its_door_a_key_is_made_shown_once_and_revoked(
    settings: Settings, sandbox: Sandbox, token: Secret
) -> None:
    name = f"@{sandbox.bots[0].username}"
    await add(settings, token)
    status, made, err = await door(settings, "keys", "add", name, "--name", "shop")
    key, sentence = made.splitlines()
    assert (status, key[:3], err) == (0, "rk_", "")
    assert "shown once" in sentence
    again = await door(settings, "keys", "add", name, "--name", "shop")
    assert (again[0], again[1], again[2].count("\n")) == (1, "", 1)
    _, listed_, _ = await door(settings, "keys", "list", name)
    assert listed_.startswith("shop  made 20")
    assert key not in listed_
    revoked = await door(settings, "keys", "revoke", name, "--name", "shop")
    assert revoked == (0, f"The key 'shop' of {name} is revoked.\n", "")
    assert "revoked 20" in (await door(settings, "keys", "list", name))[1]


async def test_who_acts_is_written_down(settings: Settings, token: Secret, database_url: str) -> None:
    await add(settings, token)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT actor FROM audit_log") == f"cli:uid={os.getuid()}"
    await connection.close()

"""`python -m engine bots`: a bot's life and its keys, from the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.sandbox import Sandbox
from bench.sandbox.protocol import BotInfo
from engine.core.api_key import is_whole
from tests.cli.command import Cli


class Bots(Cli):
    """Runs `bots` against a sandbox with one bot, whose token is on standard input."""

    def __init__(self, redis_url: str, database_url: str, directory: Path, sandbox: Sandbox) -> None:
        super().__init__(redis_url, database_url, directory)
        self._sandbox = sandbox

    @property
    def bot(self) -> BotInfo:
        return self._sandbox.bots[0]

    @property
    def name(self) -> str:
        return f"@{self.bot.username}"

    async def act(self, *words: str) -> tuple[int, str, str]:
        stdin, address = f"{self.bot.token}\n", self._sandbox.api_url
        done = await asyncio.to_thread(self.run, "bots", *words, stdin=stdin, TELEGRAM_API_URL=address)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
async def bots(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Bots]:
    async with Sandbox(bots=1) as sandbox:
        yield Bots(redis_url, database_url, tmp_path, sandbox)


async def test_from_its_door_a_bot_is_added_held_let_go_and_removed(bots: Bots) -> None:
    bot_id, name = bots.bot.id, bots.name
    assert await bots.act("add") == (0, f"Registered {name} ({bot_id}).\n", "")
    assert await bots.act("pause", name) == (0, f"{name} is paused: nothing is sent, and every timer stays.\n", "")
    assert await bots.act("list") == (0, f"{bot_id}  {name}  paused\n", "")
    listed = json.loads((await bots.act("list", "--json"))[1])
    assert listed == [{"bot_id": bot_id, "username": bots.bot.username, "status": "paused"}]
    assert await bots.act("resume", name) == (0, f"{name} is active.\n", "")
    trusted = await bots.act("trust", name)
    assert trusted == (0, f"The silences of {name} are believed as they stand.\n", "")
    paced = await bots.act("pace", name, "40", "--paid", "--yes")
    assert paced == (0, f"{name} sends at most 40 messages a second, paid with its Stars.\n", "")
    named = await bots.act("new-chats", name, "on")
    assert named == (0, f"The HTTP API of {name} may report anybody, up to 100000 new people a day.\n", "")
    known = await bots.act("new-chats", name, "off")
    assert known == (0, f"The HTTP API of {name} may report only people who have started the bot.\n", "")
    status, out, err = await bots.act("remove", name)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert f"confirm with `python -m engine bots remove {name} --yes`" in err
    removed = await bots.act("remove", name, "--yes")
    assert removed == (0, f"{name} is removed; 0 episodes ended. `add` takes it up again.\n", "")
    assert await bots.act("list") == (0, "", "")
    assert await bots.act("list", "--json") == (0, "[]\n", "")


async def test_from_its_door_a_key_is_made_shown_once_changed_and_revoked(bots: Bots) -> None:
    name = bots.name
    await bots.act("add")
    status, made, err = await bots.act("keys", "add", name, "--name", "shop", "--scopes", "read,payments")
    key, sentence = made.splitlines()
    assert (status, is_whole(key), err) == (0, True, "")
    assert "shown once" in sentence
    again = await bots.act("keys", "add", name, "--name", "shop")
    assert (again[0], again[1], again[2].count("\n")) == (1, "", 1)
    _, listed, _ = await bots.act("keys", "list", name)
    assert listed.startswith("shop  made 20")
    assert f"  {key[:10]}…  payments,read  never used" in listed
    assert key not in listed
    edited = await bots.act("keys", "edit", name, "--name", "shop", "--scopes", "read", "--expires", "never")
    assert edited == (0, f"The key 'shop' of {name} is good for read.\n", "")
    unfit = await bots.act("keys", "edit", name, "--name", "shop", "--scopes", "write")
    assert (unfit[0], unfit[1], unfit[2].count("\n")) == (1, "", 1)
    revoked = await bots.act("keys", "revoke", name, "--name", "shop")
    assert revoked == (0, f"The key 'shop' of {name} is revoked.\n", "")
    assert "revoked 20" in (await bots.act("keys", "list", name))[1]
    (known,) = json.loads((await bots.act("keys", "list", name, "--json"))[1])
    assert (known["name"], known["revoked_at_ms"] > known["created_at_ms"]) == ("shop", True)
    assert (known["hint"], known["scopes"], known["expires_at_ms"]) == (key[:10], ["read"], None)

"""`python -m engine keys`: a new key is taken into use, and the old one goes when it may."""

import asyncio
import json
from base64 import urlsafe_b64encode

import asyncpg

from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres.key_holders import KeyHolder, record
from storage.postgres.pool import open_pool
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.cli.command import KEY, Cli

NEW = urlsafe_b64encode(b"\xfb\xff" * 16).decode()
LATER = urlsafe_b64encode(bytes(32)).decode()
BOTH = f"{NEW},{KEY}"
NEW_KEY, OLD_KEY = Vault([Secret(NEW), Secret(KEY)]).fingerprints
DAY_MS = 24 * 3600 * 1000


async def add_bot(database_url: str, token: str) -> None:
    connection = await asyncpg.connect(database_url)
    sealed = Vault([Secret(KEY)]).encrypt(token)
    await connection.execute(
        "INSERT INTO bots (id, username, token, created_at, webhook_key) VALUES (7, 'shop_bot', $1, 1, $2)",
        *(sealed, OLD_KEY),
    )
    await connection.close()


async def set_webhook(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE bots SET webhook_key = $1", NEW_KEY)
    await connection.close()


async def run_poller(redis_url: str, database_url: str, *, ago_ms: int = 0, ended: bool = False) -> None:
    redis = open_redis(redis_url)
    at_ms = await server_now_ms(redis) - ago_ms
    await redis.aclose()
    async with await open_pool(database_url) as pool:
        await record(pool, KeyHolder("web-1:42:ab", "poller", (OLD_KEY,), signs=True, seen_at_ms=at_ms, ended=ended))


async def test_from_its_door_a_key_is_rotated_and_the_old_one_goes(cli: Cli, redis_url: str, database_url: str) -> None:
    await add_bot(database_url, "7:token")
    await run_poller(redis_url, database_url)

    def says(*words: str) -> str:
        return cli.says("keys", *words, ENCRYPTION_KEY=BOTH)

    before = await asyncio.to_thread(says, "status")
    assert before.splitlines()[0] == f"1  {NEW_KEY}  stays: current  nothing"
    assert before.splitlines()[1].startswith(f"2  {OLD_KEY}  not yet  1 token, 1 webhook, 1 running, links until 20")
    assert before.splitlines()[2:] == [
        "Restart poller web-1:42: it does not have the current key.",
        "`python -m engine keys rotate` encrypts 1 token with the current key.",
        "1 webhook: receivers with the current key first set it again when they start.",
    ]
    await run_poller(redis_url, database_url, ended=True)
    assert await asyncio.to_thread(says, "rotate") == f"1 token encrypted with the current key, {NEW_KEY}.\n"
    await set_webhook(database_url)
    _, old = json.loads(await asyncio.to_thread(says, "status", "--json"))["keys"]
    assert (old["key"], old["place"], old["tokens"], old["webhooks"], old["processes"]) == (OLD_KEY, 2, 0, 0, [])
    assert old["may_go_ms"] == old["links_until_ms"]
    await run_poller(redis_url, database_url, ago_ms=365 * DAY_MS, ended=True)
    done = await asyncio.to_thread(says, "status")
    assert done.splitlines() == [f"1  {NEW_KEY}  stays: current  1 token, 1 webhook", f"2  {OLD_KEY}  now  nothing"]
    early = await asyncio.to_thread(cli.says, "keys", "status", ENCRYPTION_KEY=LATER)
    assert set(early.splitlines()[1:3]) == {
        f"-  {OLD_KEY}  not yet  perhaps 1 unreadable token",
        f"-  {NEW_KEY}  not yet  1 webhook, perhaps 1 unreadable token",
    }
    assert not [text for text in (before, done) if KEY[:20] in text or NEW[:20] in text]

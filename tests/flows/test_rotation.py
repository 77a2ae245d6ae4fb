"""A new ENCRYPTION_KEY is taken into use under way: nothing good is refused, and in the end nothing else passes.

The processes are real, and are restarted one by one: the receiver first, as it reads what the others sign.
"""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bench.harness.stack import Stack, give_campaign
from bench.sandbox import SandboxClient
from bench.sandbox.protocol import BotInfo
from engine.administration import encryption_keys
from engine.administration.encryption_keys import KeyStatus
from engine.core.change import Change
from engine.receiver.webhook_feed import secrets_of
from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.flows.office import Admin

PATIENCE_S = 60.0
PROCESSES = ("receiver", "poller", "manager")
OLD, NEW = (urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))
DURING = f"{NEW},{OLD}"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
TARGET = "https://shop.example/buy"
REFUSED = "Not available"
TO_THE_BOT = "● @shop_bot"
CAMPAIGN = f"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{{key: one, text: first, buttons: [[{{text: Buy, url: "{TARGET}"}}]]}}]
"""


class Shop:
    """The processes of one bot, its manager's owner, and its users."""

    def __init__(self, stack: Stack, pool: Pool, people: SandboxClient, bot: BotInfo, owner: Admin) -> None:
        self.stack, self.pool, self.people, self.bot, self.owner = stack, pool, people, bot, owner
        self.http = aiohttp.ClientSession()
        self._running: dict[str, str] = {}

    async def restart(self, keys: str, *kinds: str) -> None:
        """Together, with this list of keys; they are at work when this returns."""
        self.stack.env["ENCRYPTION_KEY"] = keys
        await asyncio.gather(*(self.stack.stop(self._running[kind]) for kind in kinds if kind in self._running))
        self._running |= {kind: self._start(kind) for kind in kinds}
        held = vault(keys).fingerprints
        for kind in kinds:
            runs = "SELECT 1 FROM key_holders WHERE kind = $1 AND keys = $2 AND NOT ended"
            await self.until(runs, kind, ",".join(held))
        await self.until("SELECT 1 FROM bots WHERE webhook_key = $1", held[0])
        async with asyncio.timeout(PATIENCE_S):
            while not await self._is_ready():  # noqa: ASYNC110 - the answer is the signal
                await asyncio.sleep(0.05)

    async def _is_ready(self) -> bool:
        try:
            async with self.http.get(f"{self.stack.env['WEBHOOK_URL']}/readyz") as answer:
                return answer.ok
        except aiohttp.ClientConnectionError:
            return False

    def _start(self, kind: str) -> str:
        if kind == "manager":
            self.stack.start("manager", "bot")
            return "manager"
        return self.stack.start_receiver() if kind == "receiver" else self.stack.start_poller(0)

    async def until(self, query: str, *values: object) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not await self.pool.fetch(query, *values):  # noqa: ASYNC110 - the database is the signal
                await asyncio.sleep(0.05)

    async def lets_in(self, key: str) -> bool:
        """Whether an update passes with the webhook's secret under this key. There is nothing in it."""
        (secret,) = secrets_of(vault(key), self.bot.id, self.bot.token)
        url = f"{self.stack.env['WEBHOOK_URL']}/telegram/{self.bot.id}"
        async with self.http.post(url, data=b"{}", headers={HEADER: secret}) as answer:
            assert answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
            return answer.status == HTTPStatus.BAD_REQUEST

    async def reminded(self) -> str:
        """Somebody starts the bot and falls silent; returns the link that they are sent."""
        (person,) = await self.people.add_people(1)
        await self.people.start(self.bot.id, person.id)
        await self.until("SELECT 1 FROM recovery_deliveries WHERE chat_id = $1 AND status = 'sent'", person.id)
        (message,) = [one for one in (await self.people.transcript(self.bot.id, person.id)).messages if one.from_bot]
        keyboard: dict[str, Any] = message.reply_markup or {}
        return str(keyboard["inline_keyboard"][0][0]["url"])

    async def taps(self, link: str) -> tuple[int, str | None]:
        async with self.http.get(link, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location")

    async def old_key(self) -> KeyStatus:
        _, old = (await encryption_keys.status(self.pool, vault(DURING), await self.now_ms())).keys
        return old

    async def now_ms(self) -> int:
        redis = open_redis(self.stack.settings.redis_url)
        try:
            return await server_now_ms(redis)
        finally:
            await redis.aclose()


def vault(keys: str) -> Vault:
    return Vault(list(map(Secret, keys.split(","))))


@pytest.fixture
def stack(redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Stack]:
    own = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": OLD, "MIN_THRESHOLD_SECONDS": "1"}
    with ExitStack() as running:
        yield Stack(own, tmp_path, running)


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    ready = stack.start_sandbox(1, 0, "--webhook-second", "0.05")
    stack.listen_for_webhooks()
    await give_campaign(stack.settings, ready.bots, CAMPAIGN)
    async with SandboxClient(ready.control_url) as people, await open_pool(stack.settings.database_url) as pool:
        me = await people.add_bot("manager_bot")
        (owner,) = await people.add_people(1, languages=("en",))
        stack.env |= {"MANAGER_BOT_TOKEN": me.token, "ADMIN_IDS": str(owner.id)}
        shop = Shop(stack, pool, people, ready.bots[0], Admin(people, me, owner.id))
        yield shop
        await shop.http.close()
        assert (await people.violations()).listed == []


async def test_a_key_is_replaced_while_buttons_tokens_webhooks_and_links_are_under_way(shop: Shop) -> None:
    owner = shop.owner
    await shop.restart(OLD, *PROCESSES)
    old_link = await shop.reminded()
    await owner.start()
    old_button = await owner.data(TO_THE_BOT)

    for process in PROCESSES:
        await shop.restart(DURING, process)
        assert await shop.taps(old_link) == (HTTPStatus.FOUND, TARGET)
        assert (await shop.lets_in(OLD), await shop.lets_in(NEW)) == (True, True)
    assert await owner.again(old_button) != REFUSED
    old = await shop.old_key()
    assert (old.tokens, old.webhooks, old.processes, old.may_go_ms) == (1, 0, (), None)

    done = await encryption_keys.rotate(shop.pool, vault(DURING), Change("test", await shop.now_ms()))
    assert done.renewed == 1
    new_link = await shop.reminded()
    assert {await shop.taps(link) for link in (old_link, new_link)} == {(HTTPStatus.FOUND, TARGET)}
    old = await shop.old_key()
    assert (old.tokens, old.may_go_ms) == (0, old.links_until_ms)
    new_button, *_ = (await owner.buttons()).values()

    await shop.restart(NEW, *PROCESSES)
    assert await shop.taps(old_link) == (HTTPStatus.NOT_FOUND, None)
    assert (await shop.lets_in(OLD), await shop.lets_in(NEW)) == (False, True)
    assert await owner.tap(old_button) == REFUSED
    assert await owner.tap(new_button) != REFUSED
    assert await shop.taps(new_link) == (HTTPStatus.FOUND, TARGET)
    assert await shop.taps(await shop.reminded()) == (HTTPStatus.FOUND, TARGET)
    logs = "".join(path.read_text() for path in shop.stack.directory.glob("*.log"))
    assert not re.search("not fed|not served|doubted|Traceback", logs)

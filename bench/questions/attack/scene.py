"""The system that is attacked: bots with webhooks and a campaign, a receiver, a poller, the manager, and two keys."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench.harness.campaign_at_rest import AT_REST
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.harness.stores import open_stores, timers_are_whole
from bench.questions.attack.exchange import exchange
from bench.questions.attack.target import Target
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo
from engine.administration import api_keys
from engine.core.change import Change
from engine.core.errors import RecoveryError
from storage.postgres.pool import Pool
from storage.redis import keys
from storage.redis.client import Redis

BOTS: Final = 3
_READY: Final = b"GET /readyz HTTP/1.1\r\nHost: bots.example.org\r\n\r\n"
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.1


class Scene(NamedTuple):
    """`processes` by what they are. `key` is the integrator's, of the last bot; the attacker has the first bot's."""

    client: SandboxClient
    redis: Redis
    bots: Sequence[BotInfo]
    owner: int
    target: Target
    key: str
    processes: dict[str, str]

    async def invented_timers(self, people: Sequence[int]) -> int:
        """How many timers the attacked bot has beside those of its people."""
        timers = keys.of_bot(self.target.bot_id).timers
        known = await self.redis.zmscore(timers, [str(person) for person in people])
        return int(await self.redis.zcard(timers)) - sum(due is not None for due in known)


@asynccontextmanager
async def prepared(stack: Stack) -> AsyncIterator[Scene]:
    """Everything runs and is ready when the block begins."""
    ready = stack.start_sandbox(BOTS, 0)
    await give_campaign(stack.settings, ready.bots, AT_REST)
    stack.listen_for_webhooks()
    await stack.set_shards(1)
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
        manager, owner = await client.add_bot("manager_bot"), (await client.add_people(1))[0].id
        stack.env |= {"MANAGER_BOT_TOKEN": manager.token, "ADMIN_IDS": str(owner)}
        own, leaked = [await _add_key(pool, bot) for bot in (ready.bots[-1], ready.bots[0])]
        processes = {"receiver": stack.start_receiver(), "poller": stack.start_poller(0), "manager": "manager"}
        stack.start("manager", "bot")
        bots = [bot.id for bot in ready.bots]
        await until_ready(stack, client, lambda: timers_are_whole(redis, bots), bots, [processes["poller"]])
        attacked, address = ready.bots[0], urlsplit(stack.settings.webhook_url or "")
        host, port = address.hostname or "", address.port or 0
        await _until_ready(stack, host, port)
        target = Target(host, port, attacked.id, leaked, attacked.token, manager.id, ready.control_url)
        yield Scene(client, redis, ready.bots, owner, target, own, processes)


async def _add_key(pool: Pool, bot: BotInfo) -> str:
    change = Change(actor="bench", at=time.time_ns() // 1_000_000)
    return (await api_keys.add(pool, bot.username, "bench", change)).reveal()


async def _until_ready(stack: Stack, host: str, port: int) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while not (
        stack.has_logged("manager", "Manager started")
        and await exchange(host, port, _READY) == str(HTTPStatus.OK.value)
    ):
        stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"Receiver and manager were not ready within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)

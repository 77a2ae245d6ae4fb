"""What armed chats cost in Redis, and what is left of those whose episode is over."""

from typing import Final, NamedTuple

from bench.harness.armed_chats import FIRST_CHAT, ArmedChats
from bench.harness.freeing import until_freed
from storage.redis import bot_state, keys
from storage.redis.chat_states import forget_bot
from storage.redis.client import Redis, open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding, NextTimer, Sign
from storage.redis.timers import BATCH, Timers

_BOT: Final = 7_000_000_001
_LEASE_MS: Final = 3_000
_HOLDER: Final = "bench 1"
_FIELDS: Final = ("used_memory", "used_memory_rss")


class ArmedBytes(NamedTuple):
    """`used`: what the server has allocated for each chat; `resident`: what the operating system has given it."""

    chats: int
    used: float
    resident: float


async def weigh_armed(url: str, size: int) -> ArmedBytes:
    """The server is empty again afterwards."""
    client = open_redis(url)
    timers = await _ready(client)
    before = await _memory(client)
    armed = ArmedChats(timers, [_BOT], size)
    for number in range(armed.lists):
        await armed.touch(number)
    after = await _memory(client)
    chats = await client.zcard(keys.of_bot(_BOT).timers)
    await _forget(client)
    await client.aclose()
    used, resident = (after[field] - before[field] for field in ("used_memory", "used_memory_rss"))
    return ArmedBytes(chats, used / chats, resident / chats)


async def weigh_finished(url: str, size: int) -> float:
    """Bytes for each chat that was armed, claimed and settled without a next timer."""
    client = open_redis(url)
    timers = await _ready(client)
    await bot_state.set_generation(client, _BOT, 1, await run_of(client))
    await client.set(keys.of_bot(_BOT).poll, _HOLDER)
    await timers.confirm(_BOT, Holding(_HOLDER, await run_of(client)))
    await _live(timers, BATCH)
    before = await _memory(client)
    await _live(timers, size)
    after = await _memory(client)
    await _forget(client)
    await client.aclose()
    return (after["used_memory"] - before["used_memory"]) / size


async def _live(timers: Timers, size: int) -> None:
    """Chats fall silent, are claimed, and are over."""
    for first in range(0, size, BATCH):
        signs = [Sign(FIRST_CHAT + chat, 0) for chat in range(first, min(size, first + BATCH))]
        await timers.touch(_BOT, signs, threshold_ms=0)
    while due := (await timers.claim(_BOT, BATCH, _LEASE_MS, 1)).timers:
        await timers.settle(_BOT, [NextTimer(held.chat_id, held.version, -1) for held in due])


async def _ready(client: Redis) -> Timers:
    """Scripts and connections are there: a touch that arms nothing has loaded them."""
    timers = Timers(client)
    await timers.touch(_BOT, [], None)
    await timers.claim(_BOT, 1, _LEASE_MS, 1)
    await timers.settle(_BOT, [])
    return timers


async def _forget(client: Redis) -> None:
    await forget_bot(client, _BOT)
    await until_freed(client)


async def _memory(client: Redis) -> dict[str, int]:
    return {field: int(value) for field, value in (await client.info("memory")).items() if field in _FIELDS}

"""Servers are killed, emptied and restarted, and the connections to them are cut and slowed."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from bench.questions.chaos.ground import POSTGRES, VALKEY, Act, Blow, Ground
from bench.questions.chaos.plan import Kind, Strike

_DELAY_MS: Final = 100
"""In each direction: no more than a message may cross a reply."""
_AT_ONCE: Final = 0.5


async def _kill_valkey(ground: Ground, strike: Strike) -> Blow:
    """It comes back with what its append-only file has."""
    servers = ground.scene.stack.servers
    await servers.kill_valkey()
    await asyncio.sleep(strike.lasts_s)
    servers.start_valkey()
    return Blow(VALKEY)


async def _flush_valkey(ground: Ground, _: Strike) -> Blow:
    await ground.redis.flushall()
    return Blow(VALKEY)


async def _restart_postgres(ground: Ground, strike: Strike) -> Blow:
    """In order, or at once."""
    servers, at_once = ground.scene.stack.servers, strike.aim < _AT_ONCE
    await servers.stop_postgres(at_once=at_once)
    await asyncio.sleep(strike.lasts_s / 2)
    servers.start_postgres()
    return Blow(f"{POSTGRES}, {'at once' if at_once else 'in order'}")


async def _cut(way: str, ground: Ground, _: Strike) -> Blow:
    return Blow(f"{await ground.proxy.cut(way)} connections")


async def _slow(way: str, ground: Ground, strike: Strike) -> Blow:
    await ground.proxy.slow(way, _DELAY_MS)
    await asyncio.sleep(strike.lasts_s)
    await ground.proxy.slow(way, 0)
    return Blow(f"{_DELAY_MS} ms each way")


ON_SERVERS: Final[Mapping[Kind, Act]] = {
    Kind.KILL_VALKEY: _kill_valkey,
    Kind.FLUSH_VALKEY: _flush_valkey,
    Kind.RESTART_POSTGRES: _restart_postgres,
    Kind.CUT_VALKEY: partial(_cut, VALKEY),
    Kind.CUT_POSTGRES: partial(_cut, POSTGRES),
    Kind.SLOW_VALKEY: partial(_slow, VALKEY),
    Kind.SLOW_POSTGRES: partial(_slow, POSTGRES),
}

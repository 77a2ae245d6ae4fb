"""What an operator does to a cluster: a slot is moved from one node to another, key by key; a node dies."""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from redis.crc import key_slot

from engine.core.errors import RecoveryError
from storage.redis.client import Redis
from storage.redis.cluster import each_server, holders

_PATIENCE_MS = 5_000


async def order(node: Redis, *words: str | int) -> Any:
    untyped: Any = node  # its types know no such commands
    return await untyped.execute_command(*words)


async def holder_of(client: Redis, key: str) -> Redis:
    """Raises RecoveryError."""
    (holder,) = await holders(client, [key])
    if holder is None:
        raise RecoveryError("No node of the cluster holds this key's slot.")
    return holder


async def another(client: Redis, than: Redis) -> Redis:
    async def ask(server: Redis) -> Redis:
        return server

    return next(server for server in await each_server(client, ask) if server is not than)


async def do_nothing() -> None:
    """Nobody looks on."""


async def move_slot(
    source: Redis, target: Redis, key: str, after_each: Callable[[], Awaitable[None]] = do_nothing
) -> None:
    """Move the slot of this key, and look on after each step."""
    slot, at = key_slot(key.encode()), target.connection_pool.connection_kwargs
    source_id, target_id = await order(source, "CLUSTER", "MYID"), await order(target, "CLUSTER", "MYID")
    await order(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
    await order(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
    await after_each()
    while keys := await order(source, "CLUSTER", "GETKEYSINSLOT", slot, 1):
        address = (at["host"], at["port"], "", 0, _PATIENCE_MS)
        await order(source, "MIGRATE", *address, "AUTH", at["password"], "KEYS", *keys)
        await after_each()
    for node in (target, source):
        await order(node, "CLUSTER", "SETSLOT", slot, "NODE", target_id)
    await after_each()


async def kill(server: Redis) -> None:
    os.kill((await server.info("server"))["process_id"], signal.SIGKILL)

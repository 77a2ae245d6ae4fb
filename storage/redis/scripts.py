"""Lua scripts, called by their hash.

A server that has forgotten a script (restart, failover, SCRIPT FLUSH) gets it again within the same call. Scripts check
versions, so a repeated call is safe.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from redis.exceptions import NoScriptError

from storage.bundled import bundled
from storage.redis.client import Redis, reaching_redis

_LUA: Final = bundled("lua")

Call: TypeAlias = tuple[tuple[str, ...], tuple[str | int, ...]]
"""The keys and arguments of one call of a script."""


class Script:
    """One file of `lua/`, callable by name."""

    def __init__(self, name: str) -> None:
        self._body = (_LUA / f"{name}.lua").read_text(encoding="utf-8")
        self._sha: str | None = None

    async def __call__(self, client: Redis, keys: tuple[str, ...], *args: str | int) -> list[Any]:
        """Raises UnreachableError."""
        with reaching_redis():
            return await self._evaluate(client, keys, args)

    async def many(self, client: Redis, calls: Sequence[Call]) -> list[list[Any]]:
        """Many calls in one round trip, each on its own keys. Raises UnreachableError."""
        with reaching_redis():
            return await self._evaluate_many(client, calls)

    async def _evaluate(self, client: Redis, keys: tuple[str, ...], args: tuple[str | int, ...]) -> list[Any]:
        sha = self._sha or await self._load(client)
        try:
            reply: list[Any] = await client.evalsha(sha, len(keys), *keys, *args)
        except NoScriptError:
            reply = await client.evalsha(await self._load(client), len(keys), *keys, *args)
        return reply

    async def _evaluate_many(self, client: Redis, calls: Sequence[Call]) -> list[list[Any]]:
        sha = self._sha or await self._load(client)
        try:
            return await _pipelined(client, sha, calls)
        except NoScriptError:
            return await _pipelined(client, await self._load(client), calls)

    async def _load(self, client: Redis) -> str:
        self._sha = str(await client.script_load(self._body))
        return self._sha


async def _pipelined(client: Redis, sha: str, calls: Sequence[Call]) -> list[list[Any]]:
    async with client.pipeline(transaction=False) as pipe:
        for keys, args in calls:
            pipe.evalsha(sha, len(keys), *keys, *args)
        replies: list[list[Any]] = await pipe.execute()
    return replies

"""Lua scripts, called by their hash.

A server that has forgotten a script (restart, failover, SCRIPT FLUSH) gets it again within the same call. Scripts check
versions, so a repeated call is safe.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

from redis.exceptions import NoScriptError, ResponseError

from engine.core.errors import UnreachableError
from storage.bundled import bundled
from storage.redis.client import Redis, reaching_redis, unreachable
from storage.redis.exchange import Command, exchange

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
        (reply,) = await self.many(client, [(keys, args)])
        return reply

    async def many(self, client: Redis, calls: Sequence[Call]) -> list[list[Any]]:
        """Many calls in one round trip, each on its own keys. Raises UnreachableError."""
        replies = await self.each(client, calls)
        for reply in replies:
            if isinstance(reply, UnreachableError):
                raise reply
        return cast("list[list[Any]]", replies)

    async def each(self, client: Redis, calls: Sequence[Call]) -> list[list[Any] | UnreachableError]:
        """Many calls in one round trip; one that fails gives its error, the others go on. Raises UnreachableError."""
        async with reaching_redis():
            replies = await self._evaluate(client, calls)
        return [unreachable(reply) if isinstance(reply, ResponseError) else reply for reply in replies]

    async def _evaluate(self, client: Redis, calls: Sequence[Call]) -> list[Any]:
        """A call that met a server without the script is made again."""
        replies = await exchange(client, _commands(self._sha or await self._load(client), calls))
        unknown = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            sha = await self._load(client)
            again = await exchange(client, _commands(sha, [calls[place] for place in unknown]))
            for place, reply in zip(unknown, again, strict=True):
                replies[place] = reply
        return replies

    async def _load(self, client: Redis) -> str:
        self._sha = str(await client.script_load(self._body))
        return self._sha


def _commands(sha: str, calls: Sequence[Call]) -> list[Command]:
    return [("EVALSHA", sha, len(keys), *keys, *args) for keys, args in calls]

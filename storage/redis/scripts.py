"""Lua scripts, called by their hash.

A server that has forgotten a script (restart, failover, SCRIPT FLUSH) gets it again within the same call. Scripts check
versions, so a repeated call is safe.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from redis.exceptions import NoScriptError

from engine.core.errors import UnreachableError
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

    async def each(self, client: Redis, calls: Sequence[Call]) -> list[list[Any] | UnreachableError]:
        """Many calls in one round trip; one that fails gives its error, the others go on. Raises UnreachableError."""
        with reaching_redis():
            replies = await self._evaluate_each(client, calls)
        return [_reply_or_error(reply) for reply in replies]

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

    async def _evaluate_each(self, client: Redis, calls: Sequence[Call]) -> list[Any]:
        replies = await _pipelined(client, self._sha or await self._load(client), calls, errors="returned")
        unknown = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            sha = await self._load(client)
            again = await _pipelined(client, sha, [calls[place] for place in unknown], errors="returned")
            for place, reply in zip(unknown, again, strict=True):
                replies[place] = reply
        return replies

    async def _load(self, client: Redis) -> str:
        self._sha = str(await client.script_load(self._body))
        return self._sha


async def _pipelined(
    client: Redis, sha: str, calls: Sequence[Call], errors: Literal["raised", "returned"] = "raised"
) -> list[Any]:
    async with client.pipeline(transaction=False) as pipe:
        for keys, args in calls:
            pipe.evalsha(sha, len(keys), *keys, *args)
        replies: list[Any] = await pipe.execute(raise_on_error=errors == "raised")
    return replies


def _reply_or_error(reply: Any) -> list[Any] | UnreachableError:
    if not isinstance(reply, Exception):
        return list(reply)
    try:
        with reaching_redis():
            raise reply
    except UnreachableError as error:
        return error

"""Lua scripts, called by their hash.

A server that does not know a script (the first call, a restart, a failover, SCRIPT FLUSH) gets it within the same call,
over the connection that then calls it. Scripts check versions, so a repeated call is safe.
"""

import re
from collections.abc import Sequence
from hashlib import sha1
from typing import Any, Final, TypeAlias, cast

from redis.exceptions import NoScriptError

from engine.core.errors import UnreachableError
from storage.bundled import bundled
from storage.redis.client import Redis, reaching_redis
from storage.redis.exchange import exchange
from storage.redis.refusals import unreachable
from storage.redis.round_trip import Command, is_failure

_LUA: Final = bundled("lua")
_BEGINS_WITH: Final = re.compile(r"^-- Begins with (.+)$", re.MULTILINE)

Call: TypeAlias = tuple[tuple[str, ...], tuple[str | int, ...]]
"""The keys and arguments of one call of a script."""


def script_text(name: str) -> str:
    """One file of `lua/`, after the files of `lua/preamble/` with which its header says that it begins.

    A script can call no other one. The server counts the lines of an error from the first preamble.
    """
    body = _read(name)
    preambles = [preamble for names in _BEGINS_WITH.findall(body) for preamble in names.split(", ")]
    return "".join([*(_read(f"preamble/{preamble}") for preamble in preambles), body])


def _read(name: str) -> str:
    return (_LUA / f"{name}.lua").read_text(encoding="utf-8")


def sha_of(text: str) -> str:
    """What the server calls a script by."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


class Script:
    """One file of `lua/`, callable by name."""

    def __init__(self, name: str) -> None:
        text = script_text(name)
        self._load: Command = ("SCRIPT", "LOAD", text)
        self._sha = sha_of(text)

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
        return [unreachable(reply) if is_failure(reply) else reply for reply in replies]

    async def _evaluate(self, client: Redis, calls: Sequence[Call]) -> list[Any]:
        """A call that met a server without the script is made again."""
        commands = [("EVALSHA", self._sha, len(keys), *keys, *args) for keys, args in calls]
        replies = await exchange(client, commands)
        unknown = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            again = await exchange(client, [commands[place] for place in unknown], [self._load])
            for place, reply in zip(unknown, again, strict=True):
                replies[place] = reply
        return replies

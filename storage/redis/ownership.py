"""What one process at a time may hold, with the epoch under which it holds it: a shard, a bot's feed.

A holder renews well within the lifetime; one that dies or stands still loses it to the next process that asks. Time
alone fences nobody: a holder shows its epoch when it acts, or asks in the same script whether it still holds.
"""

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from engine.core.errors import UnreachableError
from storage.redis.client import Redis, reaching_redis
from storage.redis.scripts import Call, Script
from storage.redis.server_clock import script_clock

_RANDOM_BYTES: Final = 4


class OwnCode(IntEnum):
    OTHERS = 0
    OURS = 1


class Owned(NamedTuple):
    """`epoch` is that of the present holder, or of the last one if there is none."""

    code: OwnCode
    epoch: int

    @property
    def ours(self) -> bool:
        return self.code is OwnCode.OURS


def this_process() -> str:
    """A name that no other process has, now or after a restart: host, process number, random bytes."""
    return f"{socket.gethostname() or 'host'}:{os.getpid()}:{secrets.token_hex(_RANDOM_BYTES)}"


async def owner_of(client: Redis, key: str) -> str | None:
    """Which process holds it, in whatever epoch; None if none does. Raises UnreachableError."""
    async with reaching_redis(f"Redis did not say who holds {key}"):
        found = await client.get(key)
    return None if found is None else str(found).rpartition(" ")[0]


class Ownership:
    """All methods raise UnreachableError."""

    def __init__(self, client: Redis, owner: str, now_us: Callable[[], int] = script_clock) -> None:
        self._client = client
        self._now_us = now_us
        self._own = Script("take_ownership")
        self.owner = owner

    async def take(self, key: str, ttl_ms: int, floor: int = 0) -> Owned:
        """Take it or renew it, unless another process holds it. An epoch below `floor` is raised to it."""
        return _owned(await self._own(self._client, (key,), self._now_us(), self.owner, ttl_ms, floor))

    async def take_all(self, keys: Sequence[str], ttl_ms: int) -> list[Owned]:
        """The same for many keys, in one round trip."""
        return [_owned(reply) for reply in await self._own.many(self._client, self._calls(keys, ttl_ms))]

    async def take_each(self, keys: Sequence[str], ttl_ms: int) -> list[Owned | UnreachableError]:
        """The same, where a key whose server does not answer keeps no other from being taken. Raises if none does."""
        replies = await self._own.each(self._client, self._calls(keys, ttl_ms))
        failed = [reply for reply in replies if isinstance(reply, UnreachableError)]
        if failed and len(failed) == len(replies):
            raise failed[0]
        return [reply if isinstance(reply, UnreachableError) else _owned(reply) for reply in replies]

    def _calls(self, keys: Sequence[str], ttl_ms: int) -> list[Call]:
        return [((key,), (self._now_us(), self.owner, ttl_ms, 0)) for key in keys]

    async def release_each(self, keys: Sequence[str]) -> list[UnreachableError]:
        """The same as `release_all`, where a key whose server does not answer keeps no other: it is free when its
        lifetime ends. Returns what failed.
        """
        replies = await self._own.each(self._client, self._calls(keys, 0))
        return [reply for reply in replies if isinstance(reply, UnreachableError)]

    async def release_all(self, keys: Sequence[str]) -> None:
        """Give back what is ours: the next process that asks has it at once."""
        await self.take_all(keys, 0)


def _owned(reply: Sequence[Any]) -> Owned:
    code, epoch = reply
    return Owned(OwnCode(int(code)), int(epoch))

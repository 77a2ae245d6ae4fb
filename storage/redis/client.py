"""How we reach Redis: one client a process, one retry of a lost connection, and the checks that a server must pass.

A script is called by its hash; a server that forgot it (restart, failover, SCRIPT FLUSH) is taught again, once, by the
same call: scripts check versions, so that a repeated call is safe.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from engine.core.errors import UnreachableError
from storage.redis.keys import of_bot

__all__ = ["Redis", "Script", "check_redis", "open_redis", "read_states"]

_LUA: Final = Path(__file__).resolve().parents[2] / "lua"
_TIMEOUT_S: Final = 5

Call: TypeAlias = tuple[tuple[str, ...], tuple[str | int, ...]]
"""The keys and the arguments of one call of a script."""


class Script:
    """One file of `lua/`, callable by name."""

    def __init__(self, name: str) -> None:
        self._body = (_LUA / f"{name}.lua").read_text(encoding="utf-8")
        self._sha: str | None = None

    async def __call__(self, client: Redis, keys: tuple[str, ...], *args: str | int) -> list[Any]:
        """Raises UnreachableError."""
        try:
            return await self._evaluate(client, keys, args)
        except (RedisError, OSError) as error:
            raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error

    async def many(self, client: Redis, calls: Sequence[Call]) -> list[list[Any]]:
        """Many calls in one round trip, each on its own keys. Raises UnreachableError."""
        try:
            return await self._evaluate_many(client, calls)
        except (RedisError, OSError) as error:
            raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error

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


async def read_states(client: Redis, bot_id: int, chat_ids: Sequence[int]) -> list[str | None]:
    """The states of chats as they stand, unfenced: to look, not to act. Raises UnreachableError."""
    try:
        states = await client.hmget(of_bot(bot_id).state, [str(chat) for chat in chat_ids])
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error
    return [None if state is None else str(state) for state in states]


async def scan_states(client: Redis, bot_id: int, position: int, count: int) -> tuple[int, dict[str, str]]:
    """About so many states of chats, and where to go on; 0 is the beginning, and the end. Raises UnreachableError.

    Whoever is there all the while comes at least once.
    """
    try:
        position, states = await client.hscan(of_bot(bot_id).state, position, count=count)
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error
    return int(position), cast("dict[str, str]", states)


async def forget_bot(client: Redis, bot_id: int) -> None:
    """Drop all that is kept of a bot; safe to repeat. Raises UnreachableError."""
    try:
        await client.unlink(*of_bot(bot_id))
    except (RedisError, OSError) as error:
        raise UnreachableError(
            f"Redis did not forget bot {bot_id} ({error}): check REDIS_URL, then do the same again."
        ) from error


def open_redis(url: str) -> Redis:
    return Redis.from_url(
        url, decode_responses=True, protocol=3, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )


async def check_redis(client: Redis) -> None:
    """Raises UnreachableError unless the server answers and would never evict a timer."""
    try:
        policy = (await client.config_get("maxmemory-policy"))["maxmemory-policy"]
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis cannot be used ({error}): check REDIS_URL and that it is up.") from error
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may throw timers away (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )

"""How many shards there are: data in Redis, so that it is changed for all pollers at once.

The stamp says since when: no poller claims under the new number with an epoch from before it, so that a poller which
has not heard of the change yet is fenced as soon as the bot's new one claims.
"""

import re
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage.redis.keys import SHARDS
from storage.redis.server_clock import server_now_ms


class Layout(NamedTuple):
    """`stamp` is in ms of the server's clock."""

    shards: int
    stamp: int


async def read(client: Redis) -> Layout | None:
    """None in a Redis that has not been told yet, or was emptied. Raises UnreachableError."""
    try:
        value = await client.get(SHARDS)
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not tell the number of shards ({error}): check REDIS_URL.") from error
    return None if value is None else _layout(str(value))


def _layout(written: str) -> Layout | None:
    """What a stranger's hand has written there counts as nothing, and is told anew."""
    found = re.fullmatch(r"([1-9]\d{0,3}) (\d{1,15})", written, re.ASCII)
    return Layout(int(found[1]), int(found[2])) if found else None


async def establish(client: Redis, layout: Layout) -> Layout:
    """Tell it to a Redis that does not know; what it knows already stays. Raises UnreachableError."""
    await _set(client, layout, only_absent=True)
    if known := await read(client):
        return known
    await _set(client, layout, only_absent=False)
    return layout


async def change(client: Redis, count: int) -> Layout:
    """From now on there are so many; the stamp is later than the epochs of now. Raises UnreachableError."""
    before, now_ms = await read(client), await server_now_ms(client)
    layout = Layout(count, 1 + max(now_ms, before.stamp if before else 0))
    await _set(client, layout, only_absent=False)
    return layout


async def _set(client: Redis, layout: Layout, *, only_absent: bool) -> None:
    try:
        await client.set(SHARDS, f"{layout.shards} {layout.stamp}", nx=only_absent)
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not take the number of shards ({error}): check REDIS_URL.") from error

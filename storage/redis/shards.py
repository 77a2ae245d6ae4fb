"""The number of shards: data in Redis, so that it changes for all pollers at once.

The stamp says since when it holds. No poller claims under the new number with an epoch from before the stamp, so a
poller that has not heard of the change yet is fenced as soon as the bot's new poller claims.
"""

import re
from typing import NamedTuple

from storage.redis.client import Redis, reaching_redis
from storage.redis.keys import SHARDS
from storage.redis.server_clock import latest_now_ms


class Layout(NamedTuple):
    """`stamp` is in ms of the server's clock, in a cluster of the latest one: any node may count a shard's epochs."""

    shards: int
    stamp: int


async def read(client: Redis) -> Layout | None:
    """None in a Redis that does not know the number yet, or was emptied. Raises UnreachableError."""
    async with reaching_redis("Redis did not return the number of shards"):
        value = await client.get(SHARDS)
    return None if value is None else _layout(str(value))


def _layout(written: str) -> Layout | None:
    """None for anything that we did not write: the number is then set again."""
    found = re.fullmatch(r"([1-9]\d{0,3}) (\d{1,15})", written, re.ASCII)
    return Layout(int(found[1]), int(found[2])) if found else None


async def establish(client: Redis, layout: Layout) -> Layout:
    """Set the number in a Redis that does not know it; a known number stays. Raises UnreachableError."""
    await _set(client, layout, only_absent=True)
    if known := await read(client):
        return known
    await _set(client, layout, only_absent=False)
    return layout


async def change(client: Redis, count: int) -> Layout:
    """Change the number from now on; the stamp is later than every epoch of now. Raises UnreachableError."""
    before, now_ms = await read(client), await latest_now_ms(client)
    layout = Layout(count, 1 + max(now_ms, before.stamp if before else 0))
    await _set(client, layout, only_absent=False)
    return layout


async def _set(client: Redis, layout: Layout, *, only_absent: bool) -> None:
    async with reaching_redis("Redis did not store the number of shards"):
        await client.set(SHARDS, f"{layout.shards} {layout.stamp}", nx=only_absent)

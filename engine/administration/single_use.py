"""Taps that change no revision, and yet must count once: the first one of each drawn button does."""

from storage.redis import ephemeral, keys
from storage.redis.client import Redis


async def is_first(redis: Redis, signature: str, lifetime_s: int) -> bool:
    """Take note of a tap on the button with this signature. Raises UnreachableError."""
    return await ephemeral.put_first(redis, keys.of_tap(signature), lifetime_s)


async def give_back(redis: Redis, signature: str) -> None:
    """The tap did nothing: the next one is the first again. Raises UnreachableError."""
    await ephemeral.take(redis, keys.of_tap(signature))

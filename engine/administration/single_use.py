"""Buttons that change no revision and still must count once: only the first press of each drawn button does."""

from storage.redis import ephemeral, keys
from storage.redis.client import Redis


async def is_first(redis: Redis, signature: str, lifetime_s: int) -> bool:
    """Record a press of the button with this signature. Raises UnreachableError."""
    return await ephemeral.put_first(redis, keys.of_tap(signature), lifetime_s)


async def give_back(redis: Redis, signature: str) -> None:
    """The press had no effect: the next one counts as the first. Raises UnreachableError."""
    await ephemeral.take(redis, keys.of_tap(signature))

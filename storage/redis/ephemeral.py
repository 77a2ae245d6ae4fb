"""What the manager notes in Redis for a while: a question that it asked, an invitation, a tap that counts once.

All functions raise UnreachableError.
"""

from storage.redis.client import Redis, reaching_redis


async def put(client: Redis, key: str, document: str, lifetime_s: int) -> None:
    """Replaces whatever was noted there."""
    async with reaching_redis():
        await client.set(key, document, ex=lifetime_s)


async def put_first(client: Redis, key: str, lifetime_s: int) -> bool:
    """Note that it has happened; False if it had happened before."""
    async with reaching_redis():
        return bool(await client.set(key, "", nx=True, ex=lifetime_s))


async def find(client: Redis, key: str) -> str | None:
    async with reaching_redis():
        found = await client.get(key)
    return None if found is None else str(found)


async def take(client: Redis, key: str) -> str | None:
    """Return what was noted, and remove it: nobody finds it again."""
    async with reaching_redis():
        found = await client.getdel(key)
    return None if found is None else str(found)

"""How many new chats a bot's HTTP API has named: one day's count, which all receivers share.

The count and its lifetime need no transaction, which a node from which the slot is being moved does not serve: a count
whose lifetime was not set gets it with the next chats.
"""

from typing import Final, NamedTuple

from storage.redis import keys
from storage.redis.client import Redis, reaching_redis
from storage.redis.exchange import exchange
from storage.redis.round_trip import is_failure

DAY_S: Final = 86_400


class Admitted(NamedTuple):
    """How many of those that were asked for still fit into the day, and in how many seconds it ends."""

    chats: int
    day_ends_s: int


async def admit(client: Redis, bot_id: int, wanted: int, most: int) -> Admitted:
    """Count them; the day begins with the first. Raises UnreachableError."""
    key = keys.of_bot(bot_id).new
    failed = f"Redis did not count the new chats of bot {bot_id}"
    async with reaching_redis(failed):
        answers = await exchange(client, [("INCRBY", key, wanted), ("EXPIRE", key, DAY_S, "NX"), ("TTL", key)])
        for refusal in filter(is_failure, answers):
            raise refusal
    count, _, day_ends_s = answers
    return Admitted(max(0, min(wanted, most - (int(count) - wanted))), int(day_ends_s))

"""Commands and their answers in one round trip, to whatever serves them.

A command that met a server which may not serve it, such as a primary that has become a replica, is sent once more over
a new connection: behind the same address another server may have taken over. It has changed nothing the first time.
"""

from collections.abc import Sequence
from typing import Any

from storage.redis.client import Redis
from storage.redis.cluster import Cluster
from storage.redis.refusals import is_astray
from storage.redis.round_trip import NOTHING_FIRST, Command, is_failure, round_trip


async def exchange(client: Redis, commands: Sequence[Command], first: Sequence[Command] = NOTHING_FIRST) -> list[Any]:
    """The answer to each command; a refusal is an answer too. `first` precedes them on each connection."""
    if isinstance(client, Cluster):
        return await client.exchange(commands, first)
    pool: Any = client.connection_pool  # the library's types know no connection without arguments
    answers = await round_trip(pool, commands, first)
    astray = [place for place, answer in enumerate(answers) if is_astray(answer)]
    if astray:
        pool.renew()
        again = await round_trip(pool, [commands[place] for place in astray], first)
        for place, answer in zip(astray, again, strict=True):
            answers[place] = answer
    return answers


async def atomic(client: Redis, key: str, commands: Sequence[Command]) -> list[Any]:
    """The answers to commands about what is in the slot of this key: all are done, or none. Raises RedisError."""
    block = (("MULTI",), *commands, ("EXEC",))
    if isinstance(client, Cluster):
        return _done(await client.exchange_block(key, block))
    pool: Any = client.connection_pool
    answers = await round_trip(pool, block)
    if any(map(is_astray, answers)):
        pool.renew()
        answers = await round_trip(pool, block)
    return _done(answers)


def _done(answers: Sequence[Any]) -> list[Any]:
    """What EXEC answers; the first refusal is the reason why the others are."""
    for refusal in filter(is_failure, answers):
        raise refusal
    done: list[Any] = answers[-1]
    for refusal in filter(is_failure, done):
        raise refusal
    return done

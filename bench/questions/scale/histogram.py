"""How long scripts held the server, by its own histogram, whose bounds double: a value is known up to its bound."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from storage.redis.client import Redis


class Held(NamedTuple):
    """`p999_us`: the bound that 99.9 % of the calls did not exceed; `most_us`: that of the slowest call."""

    calls: int
    p999_us: int
    most_us: int


async def held_by_scripts(client: Redis) -> Held:
    """Since the last `CONFIG RESETSTAT`."""
    untyped: Any = client
    reply = await untyped.execute_command("LATENCY", "HISTOGRAM", "evalsha")
    calls, bounds = _parts(_pairs(reply)["evalsha"])
    return Held(calls, bound_of(bounds, calls, 999), bound_of(bounds, calls, 1000))


def bound_of(bounds: Mapping[int, int], calls: int, permille: int) -> int:
    """`bounds`: how many calls took at most so long. 0 if there were none."""
    wanted = -(-calls * permille // 1000)
    return next((bound for bound, count in sorted(bounds.items()) if count >= wanted > 0), 0)


def _parts(found: Any) -> tuple[int, dict[int, int]]:
    named = _pairs(found)
    return int(named["calls"]), {int(bound): int(count) for bound, count in _pairs(named["histogram_usec"]).items()}


def _pairs(reply: Any) -> dict[str, Any]:
    """A map, or a list of names and values, as the protocol has it."""
    return dict(reply) if isinstance(reply, Mapping) else dict(zip(reply[::2], reply[1::2], strict=True))

"""The timers of all bots of a shard, asked together: calls of one moment share a round trip, whatever their bot.

Each bot still has a script call of its own, and what fails for one bot fails for no other.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar

from engine.core.errors import UnreachableError
from engine.runtime.batcher import Batcher
from storage.redis.timer_values import Claim, Claimed, Fence, LastLook, Lease, NextTimer, Ticket
from storage.redis.timers import Timers

Item = TypeVar("Item", LastLook, NextTimer)
ByBot: TypeAlias = Sequence[tuple[int, Sequence[Item]]]
Fences: TypeAlias = list[list[Fence] | UnreachableError]

BOTS: Final = 8
"""Whose claims or leases share a round trip. The server takes them in one go, and meanwhile everybody else waits."""
AT_ONCE: Final = 2
"""Round trips of each kind that may be under way."""


class GatheredTimers:
    """All methods raise UnreachableError."""

    def __init__(self, timers: Timers) -> None:
        self._claim: Batcher[Claim, Claimed] = Batcher(timers.claim_each, attrgetter("bot_id"), BOTS, AT_ONCE)
        self._extend: Batcher[Lease, list[Fence]] = Batcher(timers.extend_each, attrgetter("bot_id"), BOTS, AT_ONCE)
        self._pass = _gathered(timers.pass_each)
        self._settle = _gathered(timers.settle_each)

    async def claim(self, bot_id: int, limit: int, lease_ms: int, epoch: int, fresh: int) -> Claimed:
        """Claim what is due; `fresh` of the limit go first to what has only just fallen due."""
        return await self._claim(Claim(bot_id, limit, lease_ms, epoch, fresh))

    async def extend(self, bot_id: int, tickets: Sequence[Ticket], lease_ms: int) -> list[Fence]:
        return await self._extend(Lease(bot_id, tickets, lease_ms))

    async def pass_(self, bot_id: int, look: LastLook) -> Fence:
        return await self._pass((bot_id, look))

    async def settle(self, bot_id: int, plan: NextTimer) -> Fence:
        return await self._settle((bot_id, plan))


def _gathered(ask: Callable[[ByBot[Item]], Awaitable[Fences]]) -> Batcher[tuple[int, Item], Fence]:
    async def run(asked: list[tuple[int, Item]]) -> list[Fence | UnreachableError]:
        by_bot: dict[int, list[Item]] = defaultdict(list)
        for bot_id, item in asked:
            by_bot[bot_id].append(item)
        answers = zip(by_bot, await ask(list(by_bot.items())), strict=True)
        found = {bot_id: _one_by_one(answer) for bot_id, answer in answers}
        return [next(found[bot_id]) for bot_id, _ in asked]

    return Batcher(run, lambda one: (one[0], one[1].chat_id), at_once=AT_ONCE)


def _one_by_one(answer: list[Fence] | UnreachableError) -> Iterator[Fence | UnreachableError]:
    return repeat(answer) if isinstance(answer, UnreachableError) else iter(answer)

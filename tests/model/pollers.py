"""The processes that may claim for the bot: under each number of shards another one is right, and each acts on what it
heard last. A test decides when one looks again, and when its shard is taken over.
"""

from engine.core.identity import shard_of
from engine.poller.shard import Shard
from storage.redis import keys, shards
from storage.redis.client import Redis
from storage.redis.ownership import Ownership
from storage.redis.shards import Layout
from tests.model.hand_clock import HandClock

COUNTS = (1, 4)
"""Under each of these numbers of shards the bot belongs to another one."""


class Pollers:
    def __init__(self, client: Redis, clock: HandClock, bot_id: int) -> None:
        self._client = client
        self._clock = clock
        self._bot_id = bot_id
        self._processes: list[Shard] = []

    async def open(self) -> None:
        """Begin with a process for each of the bot's shards, and the first number."""
        for count in COUNTS:
            await self._start(shard_of(self._bot_id, count))

    async def look(self, place: int) -> None:
        """One of them reads the number of shards again, and takes or renews its own."""
        await self._processes[place % len(self._processes)].run_once()

    async def look_all(self) -> None:
        for process in self._processes:
            await process.run_once()

    async def reshard(self, count: int) -> None:
        """Nobody hears of it before the next look."""
        await shards.change(self._client, count)

    async def take_over(self) -> None:
        """The time of the bot's shard is over, because its poller stands still: another process takes it."""
        layout = await shards.read(self._client)
        number = shard_of(self._bot_id, layout.shards if layout else COUNTS[0])
        await self._client.delete(keys.of_shard(number))
        await self._start(number)

    def epochs(self) -> list[int]:
        """Of all that believe the bot to be theirs, the highest last."""
        found = (process.epoch_of(self._bot_id) for process in self._processes)
        return sorted(epoch for epoch in found if epoch is not None)

    async def _start(self, number: int) -> None:
        name = f"poller-{len(self._processes)}"
        process = Shard(self._client, Ownership(self._client, name, self._clock.now_us), number, Layout(COUNTS[0], 0))
        await process.run_once()
        self._processes.append(process)

"""The shard that a poller serves: taken when it is free, kept by renewal, released at the end.

A second poller of a shard stands by and takes over: within two seconds if the first is killed, at once if it stops in
order. The number of shards is read again at each renewal; under a new number nothing is claimed with an old epoch. The
epoch that a claim shows is the fence, never this process's own idea of time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from engine.core.errors import SettingsError
from engine.core.identity import shard_of
from engine.runtime.process import any_set
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from engine.settings import MAX_SHARDS
from storage.redis import keys, shards
from storage.redis.client import Redis
from storage.redis.ownership import Ownership
from storage.redis.server_clock import latest_now_ms
from storage.redis.shards import Layout

TTL_MS: Final = 2_000
RENEWAL_S: Final = 0.5


class Renewal(NamedTuple):
    """What one renewal found; `epoch` None: another poller has the shard."""

    epoch: int | None
    shards: int


async def _nothing() -> None:
    """No number of shards is remembered."""


async def agree(
    client: Redis,
    number: int,
    expected: int | None,
    remembered: Callable[[], Awaitable[int | None]] = _nothing,
    *,
    ahead: bool = False,
) -> Layout:
    """The number of shards. Raises SettingsError if another one is expected.

    A Redis that has none was emptied, or is new: it gets the expected number, or the one that is `remembered`, or 1.
    `ahead`: the shard may be one that the next number of shards will create.
    """
    layout = await shards.read(client)
    if layout is None:
        count = expected or await remembered() or 1
        layout = await shards.establish(client, Layout(count, await latest_now_ms(client)))
    if expected not in (None, layout.shards):
        raise SettingsError(
            f"SHARDS is {expected}, but there are {layout.shards} shards here: set SHARDS={layout.shards}, or change"
            f" their number with `python -m engine.poller --reshard {expected}`."
        )
    if not (0 <= number < layout.shards or (ahead and number < MAX_SHARDS)):
        raise SettingsError(
            f"--shard {number} is out of range: give a number from 0 to {layout.shards - 1}.{_more(number)}"
        )
    return layout


def _more(number: int) -> str:
    if not 0 <= number < MAX_SHARDS:
        return ""
    return f" For more shards add --ahead, and then `python -m engine.poller --reshard {number + 1}`."


class Shard:
    """`changed` is called when the shard was taken or lost, when the number of shards has changed, and when timers of
    its bots were found lost.
    """

    def __init__(self, client: Redis, ownership: Ownership, number: int, layout: Layout) -> None:
        self._client = client
        self._ownership = ownership
        self._number = number
        self._key = keys.of_shard(number)
        self._layout = layout
        self._existed = number < layout.shards
        self._epoch: int | None = None
        self._floor = 0
        self._look_again = asyncio.Event()
        self._log = logger().bind(shard=number)
        self.changed: Callable[[], None] = lambda: None

    @property
    def epoch(self) -> int | None:
        """None while another poller serves the shard."""
        return self._epoch

    @property
    def layout(self) -> Layout:
        """As the last renewal found it."""
        return self._layout

    @property
    def is_first(self) -> bool:
        """The shard that every system has: it does what is done once for all."""
        return self._number == 0

    @property
    def is_no_more(self) -> bool:
        """The shard existed, and a smaller number of shards has removed it."""
        return self._existed and self._number >= self._layout.shards

    def epoch_of(self, bot_id: int) -> int | None:
        """The epoch under which the bot is ours to claim for; None if it is not ours."""
        return self._epoch if shard_of(bot_id, self._layout.shards) == self._number else None

    def fenced_by(self, epoch: int) -> None:
        """A claim met a higher epoch. If a renewal finds the shard still ours, our epoch rises above that one."""
        self._floor = max(self._floor, epoch + 1)
        self._look_again.set()

    def timers_lost(self) -> None:
        """A claim found a bot's timers lost. They are rebuilt in the poller's next turn, so it had better come soon."""
        self.changed()

    async def run_once(self) -> Renewal:
        """Read the number of shards, and take or renew ours. Raises UnreachableError."""
        self._look_again.clear()
        layout = await shards.read(self._client) or await shards.establish(self._client, self._layout)
        floor = max(layout.stamp, self._floor)
        epoch = None
        if self._number < layout.shards:
            owned = await self._ownership.take(self._key, TTL_MS, floor)
            epoch = owned.epoch if owned.ours else None
        self._note(layout, epoch)
        return Renewal(epoch, layout.shards)

    async def run(self) -> None:
        """Renew again and again, until cancelled."""
        await run_service(self.run_once, self._rest, "Shard not renewed", log=lambda: self._log)

    async def _rest(self, _: Renewal | None) -> None:
        await any_set(RENEWAL_S, self._look_again)

    async def release(self) -> None:
        """Let the poller that stands by have the shard at once. Raises UnreachableError."""
        if self._epoch is not None:
            self._epoch = None
            await self._ownership.release_all([self._key])

    def _note(self, layout: Layout, epoch: int | None) -> None:
        changed = (layout, epoch) != (self._layout, self._epoch)
        if layout.shards != self._layout.shards:
            self._log.info("Number of shards changed", shards=layout.shards, before=self._layout.shards)
        if epoch is not None and epoch != self._epoch:
            self._log.info("Shard taken", epoch=epoch, shards=layout.shards)
        elif epoch is None and self._epoch is not None:
            self._log.warning("Shard lost: standing by")
        self._layout, self._epoch = layout, epoch
        self._existed = self._existed or self._number < layout.shards
        if changed:
            self.changed()

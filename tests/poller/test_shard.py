"""The shard of a poller: one serves it, the others stand by, and no old epoch claims under a new number of shards."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from engine.core.errors import SettingsError, UnreachableError
from engine.core.identity import shard_of
from engine.poller import shard as shards_of
from engine.poller.shard import Renewal, Shard, agree
from storage.postgres import shard_number
from storage.postgres.pool import Pool
from storage.redis import keys, shards
from storage.redis.client import Redis, open_redis
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.shards import Layout

BOTS = range(1, 40)


class Site:
    def __init__(self, client: Redis) -> None:
        self.client = client

    async def poller(self, name: str, number: int = 0, count: int = 1) -> Shard:
        known = await shards.read(self.client) or await shards.change(self.client, count)
        return Shard(self.client, Ownership(self.client, name), number, known)

    async def expire(self, number: int = 0) -> None:
        """Let the time to live run out without a renewal."""
        before_ms = await server_now_ms(self.client)
        await self.client.delete(keys.of_shard(number))
        while await server_now_ms(self.client) == before_ms:  # noqa: ASYNC110 - the server is the clock
            await asyncio.sleep(0)


@pytest.fixture
async def site(redis_url: str) -> AsyncIterator[Site]:
    client = open_redis(redis_url)
    yield Site(client)
    await client.aclose()


async def test_a_second_poller_of_a_shard_stands_by_and_takes_over(site: Site) -> None:
    first, second = await site.poller("first"), await site.poller("second")
    taken = await first.run_once()
    assert (await second.run_once()).epoch is None
    assert second.epoch_of(7) is None
    await site.expire()
    assert ((await second.run_once()).epoch or 0) > (taken.epoch or 0)
    assert (await first.run_once()).epoch is None
    assert first.epoch_of(7) is None


async def test_a_released_shard_is_taken_over_at_once(site: Site) -> None:
    first, second = await site.poller("first"), await site.poller("second")
    await first.run_once()
    await second.run_once()
    await first.release()
    assert first.epoch is None
    assert (await second.run_once()).epoch is not None


async def test_every_bot_belongs_to_one_shard(site: Site) -> None:
    pollers = [await site.poller(f"p{number}", number, 3) for number in range(3)]
    for poller in pollers:
        await poller.run_once()
    for bot in BOTS:
        assert [poller.epoch_of(bot) is not None for poller in pollers].index(True) == shard_of(bot, 3)
        assert sum(poller.epoch_of(bot) is not None for poller in pollers) == 1


async def test_under_a_new_number_of_shards_no_old_epoch_is_used(site: Site) -> None:
    poller = await site.poller("first", 0, 3)
    before = (await poller.run_once()).epoch
    layout = await shards.change(site.client, 5)
    changes: list[int] = []
    poller.changed = lambda: changes.append(1)
    turn = await poller.run_once()
    assert turn.shards == 5
    assert (turn.epoch or 0) >= layout.stamp > (before or 0)
    assert changes == [1]
    moved = [bot for bot in BOTS if shard_of(bot, 3) == 0 and shard_of(bot, 5) != 0]
    assert moved
    assert all(poller.epoch_of(bot) is None for bot in moved)


async def test_lost_timers_bring_the_pollers_next_turn_forward(site: Site) -> None:
    poller = await site.poller("first", 0, 1)
    changes: list[int] = []
    poller.changed = lambda: changes.append(1)
    poller.timers_lost()
    assert changes == [1]


async def test_a_number_that_is_changed_and_changed_back_is_noticed(site: Site) -> None:
    poller = await site.poller("first", 0, 3)
    before = (await poller.run_once()).epoch
    await shards.change(site.client, 5)
    await shards.change(site.client, 3)
    assert ((await poller.run_once()).epoch or 0) > (before or 0)


async def test_a_shard_that_no_longer_exists_is_released(site: Site) -> None:
    poller = await site.poller("last", 2, 3)
    await poller.run_once()
    assert not poller.is_no_more
    await shards.change(site.client, 2)
    assert await poller.run_once() == Renewal(None, 2)
    assert poller.is_no_more


async def test_a_poller_stands_by_for_a_future_shard(site: Site) -> None:
    await shards.change(site.client, 3)
    layout = await agree(site.client, 3, None, ahead=True)
    poller = Shard(site.client, Ownership(site.client, "early"), 3, layout)
    assert await poller.run_once() == Renewal(None, 3)
    assert not poller.is_no_more
    await shards.change(site.client, 4)
    assert (await poller.run_once()).epoch is not None


async def test_an_emptied_redis_gets_the_number_of_shards_again(site: Site) -> None:
    poller = await site.poller("first", 1, 3)
    await poller.run_once()
    known = await shards.read(site.client)
    await site.client.flushall()
    assert (await poller.run_once()).epoch is not None
    assert await shards.read(site.client) == known


async def test_a_fenced_owner_looks_again_and_rises_above_the_epoch_that_fenced_it(site: Site) -> None:
    """The clock of a promoted replica may be behind, so that earlier epochs lie in its future."""
    poller = await site.poller("first")
    epoch = (await poller.run_once()).epoch or 0
    poller.fenced_by(epoch + 60_000)
    assert (await poller.run_once()).epoch == epoch + 60_001


async def test_a_fenced_poller_that_lost_the_shard_keeps_its_epoch(site: Site) -> None:
    old, new = await site.poller("old"), await site.poller("new")
    await old.run_once()
    await site.expire()
    epoch = (await new.run_once()).epoch or 0
    old.fenced_by(epoch)
    assert (await old.run_once()).epoch is None
    assert (await new.run_once()).epoch == epoch


async def test_a_fence_is_looked_into_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_of, "RENEWAL_S", 3_600.0)
    poller = await site.poller("first")
    changes: asyncio.Queue[int | None] = asyncio.Queue()
    poller.changed = lambda: changes.put_nowait(poller.epoch)
    keeping = asyncio.create_task(poller.run())
    epoch = await asyncio.wait_for(changes.get(), 10) or 0
    poller.fenced_by(epoch)
    assert (await asyncio.wait_for(changes.get(), 10) or 0) > epoch
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_a_redis_that_does_not_answer_does_not_end_the_renewals(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards_of, "RENEWAL_S", 0.0)
    poller = await site.poller("first")
    failures = 3

    async def fails(client: Redis) -> Layout | None:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise UnreachableError("gone")
        return await read(client)

    read = shards.read
    monkeypatch.setattr(shards, "read", fails)
    taken = asyncio.Event()
    poller.changed = taken.set
    keeping = asyncio.create_task(poller.run())
    await asyncio.wait_for(taken.wait(), 10)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_the_first_poller_sets_the_number_of_shards_and_the_others_must_agree(site: Site) -> None:
    assert (await agree(site.client, 1, 3)).shards == 3
    assert (await agree(site.client, 2, None)).shards == 3
    with pytest.raises(SettingsError, match=r"set SHARDS=3, or change their number with .*--reshard 4"):
        await agree(site.client, 0, 4)
    with pytest.raises(SettingsError, match=r"from 0 to 2\. .*--ahead.*--reshard 4"):
        await agree(site.client, 3, None)


async def test_without_a_setting_there_is_one_shard(site: Site) -> None:
    assert (await agree(site.client, 0, None)).shards == 1


async def test_an_emptied_redis_gets_the_number_of_shards_from_postgresql(site: Site, pool: Pool) -> None:
    """Whichever poller comes first, and without a setting."""
    remembered = partial(shard_number.read, pool)
    assert (await agree(site.client, 0, None, remembered)).shards == 1
    for count in (3, 5, 5):
        await shard_number.keep(pool, count, 1)
    await site.client.flushall()
    assert (await agree(site.client, 4, None, remembered)).shards == 5
    assert (await agree(site.client, 0, 5, remembered)).shards == 5


async def test_a_number_that_redis_has_or_that_is_expected_needs_no_memory(site: Site) -> None:
    async def never() -> int | None:
        raise AssertionError("PostgreSQL is not asked")

    assert (await agree(site.client, 0, 3, never)).shards == 3
    assert (await agree(site.client, 0, None, never)).shards == 3

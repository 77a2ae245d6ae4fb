"""A poller compares the clocks of its two servers, whichever of them is ahead."""

from pathlib import Path

import pytest

from engine.core.watermark import CLOCKS_APART_MS
from engine.poller import poller
from engine.poller.poller import Poller
from engine.poller.shard import Shard
from engine.settings import load_settings
from storage.postgres.pool import Pool
from storage.redis.client import open_redis
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.shards import Layout
from tests.flows.house import KEY


@pytest.mark.parametrize("ahead_ms", [CLOCKS_APART_MS + 1_000, CLOCKS_APART_MS - 1_000])
@pytest.mark.parametrize("of_postgresql", [1, -1])
async def test_clocks_that_differ_either_way_shut_the_lanes(
    redis_url: str,
    database_url: str,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    ahead_ms: int,
    of_postgresql: int,
) -> None:
    client = open_redis(redis_url)

    async def postgresql_now_ms(_pool: Pool) -> int:
        return await server_now_ms(client) + ahead_ms * of_postgresql

    monkeypatch.setattr(poller, "now_ms", postgresql_now_ms)
    servers = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    shard = Shard(client, Ownership(client, "us"), 0, Layout(1, 0))
    ours = Poller(load_settings(servers, Path("no.env")), shard, pool, client, 0)
    await ours.run_once()
    assert ours._catalogue.clocks_apart is (ahead_ms > CLOCKS_APART_MS)
    await ours._sender.close()
    await client.aclose()

"""What the command line writes down: by Redis's clock, in the name of the person who runs it."""

import asyncio
import os
from pathlib import Path

import pytest
from redis.asyncio import Redis

from engine.__main__ import run
from storage.postgres.pool import Pool, now_ms, open_pool
from tests.administration.test_deliveries import PLACE, pool
from tests.cli.command import KEY, Cli

__all__ = ["pool"]

FAR_MS = 4_000_000_000_123
CAMPAIGN = "zone: UTC\nsteps: [{schedule: now, blocks: [x]}]\n"
PAYMENTS = "external_id,chat_id,amount,currency,status,paid_at\na1,41,4990,BRL,paid,\n"


@pytest.fixture
def far(pool: Pool, redis_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis's clock is far ahead of every other one."""

    async def time(_: Redis) -> tuple[int, int]:
        return FAR_MS // 1000, FAR_MS % 1000 * 1000

    del pool
    monkeypatch.setattr(Redis, "time", time)
    for name, value in {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    (tmp_path / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


async def act(line: str) -> None:
    assert await asyncio.to_thread(run, line.split()) == 0


@pytest.mark.usefixtures("far")
async def test_every_change_is_written_down_by_the_clock_of_redis(database_url: str) -> None:
    settled = f"--chat {PLACE.chat_id} --episode {PLACE.episode_id} --block {PLACE.step}/{PLACE.block}"
    for line in (
        "bots pause @shop_bot",
        "bots resume @shop_bot",
        "bots pace @shop_bot 30",
        "bots keys add @shop_bot",
        "bots keys revoke @shop_bot",
        "campaigns import campaign.yaml --bot @shop_bot",
        "campaigns publish --bot @shop_bot",
        "campaigns shadow --bot @shop_bot",
        "campaigns activate --bot @shop_bot",
        "campaigns pause --bot @shop_bot",
        "campaigns resume --bot @shop_bot",
        "campaigns finish --bot @shop_bot",
        "campaigns stop --bot @shop_bot",
        "campaigns stop --all",
        "campaigns resume --all",
        "payments import payments.csv --bot @shop_bot",
        f"deliveries settle --bot @shop_bot {settled} --as sent",
        "bots remove @shop_bot --yes",
    ):
        await act(line)
    async with await open_pool(database_url) as pool:
        lines = await pool.fetch("SELECT DISTINCT at, actor FROM audit_log")
        assert await pool.fetchval("SELECT count(*) FROM audit_log") >= 18
        assert await pool.fetchval("SELECT paid_at FROM payments") == FAR_MS
    assert [tuple(line) for line in lines] == [(FAR_MS, f"cli:uid={os.getuid()}")]


async def test_a_stop_or_a_pause_does_not_wait_for_a_redis_that_is_down(cli: Cli, pool: Pool) -> None:
    down = "redis://127.0.0.1:1"
    before_ms = await now_ms(pool)
    for words in (("campaigns", "stop", "--all"), ("bots", "pause", "@shop_bot")):
        done = await asyncio.to_thread(cli.run, *words, REDIS_URL=down)
        assert (done.returncode, "by PostgreSQL's clock" in done.stderr) == (0, True)
    refused = await asyncio.to_thread(cli.run, "campaigns", "resume", "--all", REDIS_URL=down)
    assert (refused.returncode, "check REDIS_URL" in refused.stderr) == (1, True)
    lines = await pool.fetch("SELECT action, at FROM audit_log ORDER BY id")
    assert [line["action"] for line in lines] == ["emergency_stop", "bot.pause"]
    after_ms = await now_ms(pool)
    assert all(before_ms <= line["at"] <= after_ms for line in lines)
    assert await pool.fetchval("SELECT engaged FROM switches WHERE name = 'emergency_stop'")

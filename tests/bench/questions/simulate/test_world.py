"""The engine in a simulation, on real servers: it agrees with the oracle, and a fault of it would show."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bench.harness.planted_bots import plant
from bench.questions.simulate import plan, record
from bench.questions.simulate.judge import Verdict, judge
from bench.questions.simulate.world import World
from engine.core.delivery import sequence
from engine.runtime.telemetry import configure_safely
from engine.settings import Settings, load_settings
from storage.postgres.pool import open_pool
from storage.redis.client import open_redis
from tests.flows.house import KEY


@pytest.fixture
def settings(redis_url: str, database_url: str) -> Settings:
    environ = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    return load_settings(environ, Path("no.env"))


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    configure_safely()


async def lived(settings: Settings, chats: int, days: int) -> Verdict:
    story = plan.write(chats, days, seed=1)
    infos = await plant(settings, len(plan.ZONES))
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    world = World(settings, pool, client, infos, story)
    try:
        await world.open()
        await world.live(lambda _: None)
        return judge(story, await record.read(pool, world.wire.messages))
    finally:
        await world.close()
        await pool.close()
        await client.aclose()


async def test_engine_and_oracle_agree_on_some_days_of_some_people(settings: Settings) -> None:
    verdict = await lived(settings, chats=12, days=4)
    assert verdict.sends > 10
    assert verdict.disagreements == []


async def test_a_fault_of_the_engine_is_a_disagreement(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two messages of a step two minutes apart."""
    monkeypatch.setattr(sequence, "CHAT_GAP_MS", 90_000)
    assert (await lived(settings, chats=6, days=3)).disagreements

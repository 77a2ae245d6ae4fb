from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bench.sandbox import Sandbox
from bench.sandbox.ports import listen as port_of
from engine.administration import api_keys
from engine.administration.registration import add
from engine.settings import Secret, load_settings
from storage.postgres.pool import open_pool
from storage.redis.client import open_redis
from tests.receiver.http.desk import CHANGE, KEY, Desk


@pytest.fixture
async def desk(redis_url: str, database_url: str) -> AsyncIterator[Desk]:
    with port_of(0) as free:
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=2))
        environ = {
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": sandbox.api_url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        settings = load_settings(environ, Path("no.env"))
        client, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        for bot in sandbox.bots:
            await add(settings, Secret(bot.token))
        await pool.execute(
            "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, published_version)"
            " SELECT id, 'live', 60000, 'UTC', 60000, 1 FROM bots;"
            "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
            """ SELECT id, 1, 1, '{"threshold_ms": 60000}', 0 FROM bots"""
        )
        desk = Desk(settings, sandbox.bots, pool, client)
        desk.key = (await api_keys.add(pool, desk.bot.username, "main", CHANGE)).reveal()
        stack.push_async_callback(desk.session.close)
        stack.push_async_callback(desk.receiver._close, [])
        await stack.enter_async_context(desk.receiver.http.listening())
        await desk.receiver.run_once()
        yield desk

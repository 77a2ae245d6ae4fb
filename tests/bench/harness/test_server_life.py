"""A server of a run that is killed comes back at its address, with what it had written."""

from contextlib import ExitStack

from bench.harness.server_life import ServerLife
from engine.local.servers.servers import temporary_servers
from storage.redis.client import open_redis


async def test_a_killed_valkey_comes_back_with_its_data() -> None:
    with temporary_servers(postgres=False, durable=True) as servers, ExitStack() as again:
        life, client = ServerLife(servers.state_dir, again), open_redis(servers.redis_url)
        await client.set("kept", "yes")
        before = (await client.info("server"))["run_id"]
        await life.kill_valkey()
        life.start_valkey()
        assert await client.get("kept") == "yes"
        assert (await client.info("server"))["run_id"] != before
        await client.aclose()

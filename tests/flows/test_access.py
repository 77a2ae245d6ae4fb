"""The real processes on servers that take nothing but TLS, with no more rights than `docs/access` gives."""

import asyncio
import os
import re
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from bench.sandbox import Sandbox, SandboxClient
from engine.administration import campaigns
from engine.administration.registration import add
from engine.core.change import Change
from engine.local.servers.servers import LocalServers
from engine.settings import Secret, load_settings
from storage.postgres import partitions
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.flows import access
from tests.flows import house as houses
from tests.flows.house import BOT, KEY, House
from tests.tls import Authority, doors

ROOT = Path(__file__).parents[2]
START_S = 60.0
"""Three programs start at once."""
MONTH_MS = 31 * 86_400_000
WRITES = {"INSERT": r"INSERT INTO (\w+)", "UPDATE": r"\bUPDATE (?!SET|OF)(\w+)", "DELETE": r"DELETE FROM (\w+)"}
SERVICES = (("engine.receiver",), ("engine.poller", "--shard", "0"), ("bot",))
CAMPAIGN = b"{threshold: 1s, zone: UTC, steps: [{key: hello, schedule: now, blocks: [{key: one, text: first}]}]}"


@pytest.fixture
async def new_database_url(servers: LocalServers) -> AsyncIterator[str]:
    """Lend an empty database that belongs to the role that migrates."""
    await access.make_roles(servers.database_url)
    name = f"t_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute(f"CREATE DATABASE {name} OWNER {access.OWNER}")
    yield servers.database_url.rpartition("/")[0] + f"/{name}"
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def run(environ: Mapping[str, str], *command: str) -> None:
    """Run a program to its end, which must be a good one."""
    process = await _start(environ, *command)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _start(environ: Mapping[str, str], *command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command), cwd=ROOT, env={**os.environ, **environ}, stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def services(environ: Mapping[str, str]) -> AsyncIterator[None]:
    """The receiver, the poller and the manager; each must end as well as it began."""
    running = [await _start(environ, *command) for command in SERVICES]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        ended = [await process.communicate() for process in running]
        assert [process.returncode for process in running] == [0] * len(running), ended


async def test_every_process_works_over_tls_with_the_least_rights(
    new_database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(houses, "PATIENCE_S", START_S)
    authority = Authority(tmp_path, "ours")
    with doors(new_database_url, redis_url, authority.issue()) as both:
        database_url = f"{both.database_url}?sslmode=verify-full&sslrootcert={authority.path}"
        owner = {"DATABASE_URL": access.as_user(database_url, access.OWNER)}
        await run(owner, "engine", "migrate")
        await run(owner, "alembic", "upgrade", "head")
        await access.grant(new_database_url)
        environ = {
            "DATABASE_URL": access.as_user(database_url, access.ENGINE),
            "REDIS_URL": f"{both.redis_url}?ssl_ca_certs={authority.path}",
            "ENCRYPTION_KEY": KEY,
            "MIN_THRESHOLD_SECONDS": "1",
        }
        async with Sandbox(bots=1) as sandbox, SandboxClient(sandbox.control_url) as people:
            await _tell_a_story(environ, sandbox, people)


async def _tell_a_story(environ: dict[str, str], sandbox: Sandbox, people: SandboxClient) -> None:
    """A person is reminded, and an admin sees the manager's first screen."""
    manager, (admin,) = await people.add_bot("manager_bot"), await people.add_people(1)
    environ |= {
        "TELEGRAM_API_URL": sandbox.api_url,
        "MANAGER_BOT_TOKEN": manager.token,
        "ADMIN_IDS": str(admin.id),
    }
    settings = load_settings(environ, Path("no.env"))
    pool, redis = await open_pool(settings.database_url), open_redis(settings.redis_url)
    house = House(settings, pool, redis, people)
    await add(settings, Secret(sandbox.bots[0].token))
    await house.publish(CAMPAIGN)
    await campaigns.activate(pool, BOT, Change("test", await server_now_ms(redis)))
    async with services(environ):
        person = await house.someone()
        await people.start(manager.id, admin.id)
        assert await house.ended(person) == ["completed"]
        assert await people.next_message(manager.id, admin.id, wait=START_S)
    await pool.close()
    await redis.aclose()


async def test_the_engines_role_makes_the_partition_of_a_month(pool: Pool) -> None:
    months_on_ms = 6 * MONTH_MS + await _now_ms(pool)
    assert len(await partitions.make_ahead(pool, months_on_ms)) == partitions.MONTHS_AHEAD + 1


async def _now_ms(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT extract(epoch FROM clock_timestamp()) * 1000"))


async def test_the_engines_role_may_do_what_the_statements_do_and_nothing_more(pool: Pool) -> None:
    needed = {(verb, table) for verb, table in _writes() if await _is_table(pool, table)}
    assert needed
    rows = await pool.fetch(
        "SELECT c.relname, v.verb FROM pg_class c, unnest($1::text[]) AS v(verb)"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND pg_get_userbyid(c.relowner) <> current_user AND has_table_privilege(c.oid, v.verb)",
        list(WRITES),
    )
    granted = {(row["verb"], row["relname"]) for row in rows}
    assert granted == {(verb, table) for verb, table in needed if table != "recovery_deliveries"}


def _writes() -> set[tuple[str, str]]:
    """The tables that our statements write to, by verb; an insert that may update names its table only once."""
    found = set()
    for path in [*(ROOT / "storage").rglob("*.sql"), *(ROOT / "storage").rglob("*.py")]:
        text = path.read_text("utf-8")
        for verb, pattern in WRITES.items():
            found |= {(verb, table) for table in re.findall(pattern, text)}
        for insert in re.findall(r"INSERT INTO (\w+)(?:(?!INSERT INTO).)*?DO UPDATE", text, re.DOTALL):
            found.add(("UPDATE", insert))
    return found


async def _is_table(pool: Pool, name: str) -> bool:
    return bool(await pool.fetchval("SELECT to_regclass($1) IS NOT NULL", name))

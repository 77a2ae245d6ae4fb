"""Behind a pooler that lends a session for each transaction, everything is as it is in a session of our own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.core.errors import RecoveryError, UnreachableError
from storage.postgres import config_listener, session
from storage.postgres import pool as postgres
from storage.postgres.migrations import downgrade, upgrade
from storage.postgres.pool import MOST_CONNECTIONS, Pool, fetch, open_pool, transaction
from storage.postgres.statements import read_functions
from tests.storage.postgres.deliveries.one_chat import LIVE, ONE, SILENCE, begin, claim, report, sending
from tests.storage.postgres.pooler import Mode, Pooler, pooler

PATIENCE_S = 10
SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"


@pytest.fixture
async def lender(database_url: str) -> AsyncIterator[Pooler]:
    async with pooler(database_url) as lender:
        yield lender


@pytest.fixture
async def pool(lender: Pooler) -> AsyncIterator[Pool]:
    async with await open_pool(lender.url) as pool:
        await pool.execute(LIVE)
        yield pool


async def test_the_statements_that_carry_the_engine_run_in_every_session(pool: Pool, lender: Pooler) -> None:
    before = lender.lent
    for episode in range(SILENCE, SILENCE + 8_000, 1_000):
        cursor = ONE._replace(episode_id=episode)
        assert (await begin(pool, episode)).fresh
        assert (await claim(pool, cursor=cursor)).status == "sending"
        assert (await report(pool, cursor=cursor, status="sent", fact=True, end="completed")).ended == "completed"
    assert lender.lent - before > 24, "each call took one transaction, and those that missed the functions one more"


async def test_functions_that_a_session_has_lost_are_made_again(pool: Pool, lender: Pooler) -> None:
    await begin(pool)
    await lender.forget_everything()
    assert (await claim(pool)).status == "sending"


async def test_a_release_that_shares_a_session_has_its_own_functions(
    pool: Pool, lender: Pooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(pool)
    text = read_functions().replace("'sending' THEN 'unknown'", "'sending' THEN 'failed'")
    with monkeypatch.context() as newer:
        newer.setattr(session, "read_functions", lambda: f"{text}-- newer\n")
        session._hash.cache_clear()
        session._with_hash.cache_clear()
        async with await open_pool(lender.url) as other:
            for version in range(10, 16):
                assert (await claim(other, version)).exists
    session._hash.cache_clear()
    session._with_hash.cache_clear()
    for version in range(20, 26):
        assert (await claim(pool, version)).exists
    made = {
        row["proname"]
        for _ in range(3)
        for row in await pool.fetch("SELECT proname FROM pg_proc WHERE proname LIKE 'claim%'")
    }
    assert len(made) == 2


async def test_every_transaction_has_our_settings_and_leaves_none(pool: Pool) -> None:
    names = list(postgres._SESSION)
    async with transaction(pool) as connection:
        within = dict(map(tuple, await connection.fetch(SETTINGS, names)))
    single = dict(map(tuple, await fetch(pool, SETTINGS, names)))
    assert within == single == dict(postgres._SESSION)
    for _ in range(3):
        assert dict(map(tuple, await pool.fetch(SETTINGS, names))).items().isdisjoint(within.items())


async def test_a_function_carries_our_settings(pool: Pool) -> None:
    await begin(pool)
    carried = await pool.fetchval("SELECT max(proconfig) FROM pg_proc WHERE proname LIKE 'begin_episodes%'")
    assert carried == [f"{name}={value}" for name, value in postgres._SESSION.items()]


async def test_what_runs_at_once_gets_its_own_answers(pool: Pool, lender: Pooler) -> None:
    async def asked(number: int) -> bool:
        if number % 20 == 0:
            await lender.forget_everything()
        if number % 2:
            return bool(
                (await fetch(pool, f"SELECT $1::int + {number % 7} AS it", number))[0]["it"] == number + number % 7
            )
        async with transaction(pool) as connection:
            one = await connection.fetchval("SELECT pg_backend_pid()")
            return bool(one == await connection.fetchval("SELECT pg_backend_pid() + 0 * $1::int", number))

    assert all(await asyncio.gather(*map(asked, range(10 * MOST_CONNECTIONS))))


async def test_a_query_that_is_cut_off_lets_its_session_go(pool: Pool, lender: Pooler) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await fetch(pool, "SELECT pg_sleep(600)")
    await asyncio.wait_for(lender.forget_everything(), PATIENCE_S)


async def test_nobody_listens_in_a_session_that_is_lent(pool: Pool) -> None:
    changed = asyncio.Event()
    following = asyncio.create_task(config_listener.follow(pool, changed.set))
    await asyncio.wait_for(changed.wait(), PATIENCE_S)
    for _ in range(3):
        assert await pool.fetch("SELECT pg_listening_channels()") == []
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_in_session_mode_a_session_is_ours(database_url: str) -> None:
    async with pooler(database_url, Mode.SESSION) as lender, await open_pool(lender.url) as pool:
        await pool.execute(LIVE)
        await sending(pool)
        settings = dict(map(tuple, await pool.fetch(SETTINGS, list(postgres._SESSION))))
        assert settings == dict(postgres._SESSION)


@pytest.mark.parametrize(
    ("mode", "options", "refusal", "mend"),
    [
        (Mode.OLD, "", RecoveryError, r"1\.21 with max_prepared_statements above 0"),
        (Mode.STATEMENT, "", UnreachableError, "set pool_mode = transaction"),
        (Mode.TRANSACTION, "?options=-c%20jit%3Doff", UnreachableError, "take it out of DATABASE_URL"),
    ],
)
async def test_a_pooler_that_cannot_do_it_is_refused_with_the_mend(
    database_url: str, mode: Mode, options: str, refusal: type[RecoveryError], mend: str
) -> None:
    async with pooler(database_url, mode) as lender:
        with pytest.raises(refusal, match=mend):
            await open_pool(lender.url + options)
        with pytest.raises(refusal, match=mend):
            await asyncio.to_thread(upgrade, lender.url + options)


async def test_a_migration_goes_both_ways_and_leaves_no_lock(lender: Pooler, database_url: str) -> None:
    await asyncio.gather(*[asyncio.to_thread(downgrade, lender.url) for _ in range(2)])
    await asyncio.gather(*[asyncio.to_thread(upgrade, lender.url) for _ in range(2)])
    async with await open_pool(database_url) as direct:
        assert not await direct.fetch(
            "SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        )

"""A PostgreSQL that takes connections and says nothing: calls end, and its successor is reached at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, NamedTuple

import pytest

from engine.core.errors import RefusedError, UnreachableError
from storage.postgres import pool as postgres
from storage.postgres.pool import MOST_CONNECTIONS, Pool, fetch, open_pool, transaction
from tests.poller.cable import Cable, cable_to


async def _in_transaction(pool: Pool) -> object:
    async with transaction(pool) as connection:
        return await connection.fetchval("SELECT pg_backend_pid() FROM pg_sleep(0.001)")


async def _alone(pool: Pool) -> object:
    return await fetch(pool, "SELECT FROM pg_sleep(0.001)")


WAYS: Final[dict[str, Callable[[Pool], Awaitable[object]]]] = {"in a transaction": _in_transaction, "alone": _alone}
each_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS.keys())


class Far(NamedTuple):
    pool: Pool
    cable: Cable


@pytest.fixture
async def far(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Far]:
    """All connections of the pool are open."""
    monkeypatch.setattr(postgres, "_TIMEOUT_S", 0.3)
    async with cable_to(database_url) as (cable, url):
        pool = await open_pool(url)
        await asyncio.gather(*(_in_transaction(pool) for _ in range(MOST_CONNECTIONS)))
        assert pool.get_size() == MOST_CONNECTIONS
        monkeypatch.setattr(postgres, "_ACQUIRE_S", 0.3)
        yield Far(pool, cable)
        pool.terminate()


@each_way
async def test_calls_that_are_not_answered_end_and_go_on_when_the_server_does(
    far: Far, ask: Callable[[Pool], Awaitable[object]]
) -> None:
    far.cable.hold()
    failures = await asyncio.gather(*(ask(far.pool) for _ in range(2 * MOST_CONNECTIONS)), return_exceptions=True)
    assert {type(failure) for failure in failures} == {UnreachableError}
    far.cable.flow()
    await asyncio.gather(*(ask(far.pool) for _ in range(2 * MOST_CONNECTIONS)))


@each_way
async def test_one_late_call_is_enough_to_leave_a_server_that_says_nothing(
    far: Far, ask: Callable[[Pool], Awaitable[object]]
) -> None:
    """Each of its connections would cost a call, and half a minute, before it is noticed by itself."""
    far.cable.lead_to_successor()
    with pytest.raises(UnreachableError):
        await ask(far.pool)
    await asyncio.gather(*(ask(far.pool) for _ in range(MOST_CONNECTIONS)))


async def test_values_that_are_refused_cost_no_connection(far: Far) -> None:
    before = {await _in_transaction(far.pool) for _ in range(3)}
    with pytest.raises(RefusedError):
        await fetch(far.pool, "SELECT 1 / 0")
    assert {await _in_transaction(far.pool) for _ in range(3)} == before

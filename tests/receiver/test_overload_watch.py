"""An overload is told once, however often it refuses, and closes by itself."""

from collections.abc import AsyncIterator

import pytest

from engine.core.errors import UnreachableError
from engine.receiver.overload_watch import OVER_AFTER_S, TOLD_EVERY_S, OverloadWatch
from engine.runtime.overloads import Overloads
from storage.postgres.incidents import ACTIVITY_OVERLOAD, API_OVERLOAD, open_incident, open_incidents
from storage.postgres.pool import Pool
from storage.redis.client import Redis, open_redis
from tests.missing_table import missing_table

BOT = 7


class Desk:
    def __init__(self, pool: Pool, client: Redis) -> None:
        self.pool, self.now_s, self.overloads = pool, 0.0, Overloads()
        self.watch = OverloadWatch(pool, client, self.overloads, str, lambda: self.now_s)

    async def turn(self, later_s: float = 0.0, *, refused: int = 0, kind: str = API_OVERLOAD) -> list[str]:
        """Some time later, after so many refusals: the kinds of the incidents that are open."""
        self.now_s += later_s
        for _ in range(refused):
            self.overloads.note(BOT, kind)
        await self.watch.run_once()
        return [kind for kind, _ in await open_incidents(self.pool, BOT)]  # type: ignore[arg-type] # a pool executes too


@pytest.fixture
async def desk(pool: Pool, redis_url: str) -> AsyncIterator[Desk]:
    client = open_redis(redis_url)
    yield Desk(pool, client)
    await client.aclose()


async def test_an_overload_is_an_incident_once_and_a_line_a_minute(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await desk.turn() == []
    assert await desk.turn(refused=500) == [API_OVERLOAD]
    for _ in range(20):
        assert await desk.turn(TOLD_EVERY_S / 20, refused=5) == [API_OVERLOAD]
    lines = [line for line in capsys.readouterr().out.splitlines() if "More comes" in line]
    assert [("refused=500" in line, "refused=100" in line) for line in lines] == [(True, False), (False, True)]
    assert await desk.pool.fetchval("SELECT count(*) FROM incidents") == 1


async def test_it_closes_by_itself_when_nothing_is_refused_for_a_while_and_may_come_again(desk: Desk) -> None:
    await desk.turn(refused=1)
    assert await desk.turn(OVER_AFTER_S - 1) == [API_OVERLOAD]
    assert await desk.turn(1) == []
    assert await desk.turn(refused=1) == [API_OVERLOAD]
    assert await desk.pool.fetchval("SELECT count(*) FROM incidents") == 2


async def test_the_kinds_are_told_apart(desk: Desk) -> None:
    await desk.turn(refused=1)
    assert set(await desk.turn(OVER_AFTER_S - 1, refused=1, kind=ACTIVITY_OVERLOAD)) == {
        API_OVERLOAD,
        ACTIVITY_OVERLOAD,
    }
    assert await desk.turn(1) == [ACTIVITY_OVERLOAD]


async def test_what_a_receiver_left_open_is_closed_by_its_successor(desk: Desk) -> None:
    await open_incident(desk.pool, BOT, ACTIVITY_OVERLOAD, "", 1)  # type: ignore[arg-type] # a pool executes too
    await open_incident(desk.pool, BOT, "block_refused", "", 1)  # type: ignore[arg-type] # a pool executes too
    assert set(await desk.turn()) == {ACTIVITY_OVERLOAD, "block_refused"}
    assert await desk.turn(OVER_AFTER_S) == ["block_refused"]


async def test_what_postgresql_did_not_take_is_told_later(desk: Desk) -> None:
    await desk.turn()
    desk.overloads.note(BOT, API_OVERLOAD)
    async with missing_table(desk.pool, "incidents"):
        with pytest.raises(UnreachableError):
            await desk.watch.run_once()
    assert await desk.turn() == [API_OVERLOAD]

"""Which updates have come: no gap is passed, in any order and by any receiver, and a new numbering is noticed."""

import random
from collections.abc import AsyncIterator

import fakeredis
import pytest

from engine.core.errors import UnreachableError
from storage.redis.arrivals import Arrivals, Came
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot

BOT = 7
UNKNOWN = Came(-1, 0, -1)
FLOOR = 500_000
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
NOW_MS = 1_800_000_000_000


class Ledger:
    def __init__(self, client: Redis) -> None:
        self.client = client
        self.now_ms = NOW_MS
        self.arrivals = Arrivals(client, lambda: self.now_ms * 1000)

    async def came(self, *numbers: int) -> Came:
        await self.arrivals.note(BOT, numbers)
        return await self.arrivals.look(BOT)


@pytest.fixture(params=["fakeredis", "valkey"])
async def ledger(request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    if request.param == "fakeredis":
        client: Redis = fakeredis.FakeAsyncRedis(decode_responses=True)
    else:
        client = open_redis(request.getfixturevalue("redis_url"))
    yield Ledger(client)
    await client.aclose()


async def test_until_nothing_is_pending_no_floor_is_known(ledger: Ledger) -> None:
    assert await ledger.arrivals.look(BOT) == UNKNOWN
    assert await ledger.came(5, 6, 7) == Came(-1, 3, 7)


async def test_the_floor_follows_updates_that_come_in_order(ledger: Ledger) -> None:
    await ledger.came(5)
    assert await ledger.arrivals.raise_floor(BOT, 5) == Came(5, 0, 5)
    assert await ledger.came(6, 7) == Came(7, 0, 7)


async def test_a_gap_holds_the_floor_until_it_is_closed(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, 5)
    assert await ledger.came(7, 9) == Came(5, 2, 9)
    assert await ledger.came(6) == Came(7, 1, 9)
    assert await ledger.came(8) == Came(9, 0, 9)


async def test_an_update_that_comes_twice_counts_once(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, 5)
    await ledger.came(6, 8)
    assert await ledger.came(5, 6, 8) == Came(6, 1, 8)


async def test_a_floor_never_goes_back_and_forgets_what_is_below(ledger: Ledger) -> None:
    await ledger.came(3, 8)
    assert await ledger.arrivals.raise_floor(BOT, 6) == Came(6, 1, 8)
    assert await ledger.arrivals.raise_floor(BOT, 4) == Came(6, 1, 8)


async def test_a_long_run_is_taken_in_piece_by_piece(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, 1)
    for start in range(3, 1_603, 400):
        await ledger.came(*range(start, start + 400))
    await ledger.came(2)
    for _ in range(4):
        found = await ledger.arrivals.look(BOT)
    assert found == Came(1_602, 0, 1_602)


async def test_in_any_order_the_floor_is_below_the_first_that_is_missing(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, 100)
    numbers = list(range(101, 160))
    random.Random(7).shuffle(numbers)
    known = set(range(101))
    for number in numbers:
        known.add(number)
        missing = next(one for one in range(1_000) if one not in known)
        assert (await ledger.came(number)).floor == missing - 1


async def test_behind_a_gap_that_is_too_long_the_count_is_given_up(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, 1)
    await ledger.client.zadd(of_bot(BOT).came, {str(number): number for number in range(3, 100_004)})
    assert await ledger.came(200_000) == UNKNOWN
    assert await ledger.client.exists(of_bot(BOT).came) == 0


@pytest.mark.parametrize(
    ("idle_ms", "number", "expected"),
    [
        (0, FLOOR + 1, Came(FLOOR + 1, 0, FLOOR + 1)),
        (2 * WEEK_MS, FLOOR + 1, Came(FLOOR + 1, 0, FLOOR + 1)),
        (0, FLOOR, Came(FLOOR, 0, FLOOR)),  # a repeated delivery
        (DAY_MS, FLOOR - 1_000, Came(FLOOR, 0, FLOOR)),
        (DAY_MS + 1, FLOOR, Came(-1, 1, FLOOR, restarted=True)),  # nothing is repeated after a day
        (0, FLOOR - 1_001, Came(-1, 1, FLOOR - 1_001, restarted=True)),
        (2 * WEEK_MS, 1, Came(-1, 1, 1, restarted=True)),
        (2 * WEEK_MS, FLOOR + 100, Came(FLOOR, 1, FLOOR + 100)),  # somebody may have taken the others
        (WEEK_MS, FLOOR + 100_001, Came(FLOOR, 1, FLOOR + 100_001)),
        (WEEK_MS + 1, FLOOR + 100_001, Came(-1, 1, FLOOR + 100_001, restarted=True)),
    ],
)
async def test_a_number_that_cannot_go_on_from_the_floor_restarts_the_count(
    ledger: Ledger, idle_ms: int, number: int, expected: Came
) -> None:
    await ledger.arrivals.raise_floor(BOT, FLOOR - 1)
    await ledger.came(FLOOR)
    ledger.now_ms += idle_ms
    assert await ledger.arrivals.note(BOT, [number]) == expected


async def test_what_came_before_a_restart_is_forgotten(ledger: Ledger) -> None:
    await ledger.arrivals.raise_floor(BOT, FLOOR)
    await ledger.came(FLOOR + 2, FLOOR + 3)
    assert await ledger.arrivals.note(BOT, [7, 8]) == Came(-1, 2, 8, restarted=True)
    assert await ledger.arrivals.raise_floor(BOT, 8) == Came(8, 0, 8)
    assert await ledger.came(9) == Came(9, 0, 9)


async def test_the_numbers_of_several_bots_are_noted_together_and_one_that_fails_fails_alone(ledger: Ledger) -> None:
    broken, other = BOT + 1, BOT + 2
    for bot in (BOT, broken, other):
        await ledger.arrivals.raise_floor(bot, FLOOR)
    await ledger.client.set(of_bot(broken).came, "no set of numbers")
    noted = {BOT: [FLOOR + 1], broken: [FLOOR + 1], other: [FLOOR + 2, FLOOR + 3]}
    came = await ledger.arrivals.note_each(noted)
    assert list(came) == [BOT, broken, other]
    assert isinstance(came.pop(broken), UnreachableError)
    assert came == {BOT: Came(FLOOR + 1, 0, FLOOR + 1), other: Came(FLOOR, 2, FLOOR + 3)}
    assert await ledger.arrivals.look(BOT) == came[BOT]


async def test_no_bot_is_noted_in_no_call(ledger: Ledger) -> None:
    assert await ledger.arrivals.note_each({}) == {}

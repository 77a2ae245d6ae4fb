"""What one process at a time may hold: taken, renewed, released, and never by two."""

from collections.abc import AsyncIterator

import fakeredis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.redis.client import Redis, open_redis
from storage.redis.ownership import OwnCode, Ownership

KEY = "rt:shard:0"
START_MS = 1_800_000_000_000
TTL_MS = 60_000


class Rivals:
    """Two processes and one key, under a clock moved by hand. When the lifetime ends, the key is gone."""

    def __init__(self, client: Redis) -> None:
        self.client = client
        self.now_ms = START_MS
        self.us, self.them = (Ownership(client, name, lambda: self.now_ms * 1000) for name in ("us:1:a", "them:2:b"))

    async def expire(self) -> None:
        await self.client.delete(KEY)


@pytest.fixture(params=["fakeredis", "valkey"])
async def rivals(request: pytest.FixtureRequest) -> AsyncIterator[Rivals]:
    if request.param == "fakeredis":
        client: Redis = fakeredis.FakeAsyncRedis(decode_responses=True)
    else:
        client = open_redis(request.getfixturevalue("redis_url"))
    yield Rivals(client)
    await client.aclose()


async def test_the_first_process_takes_it_and_the_others_learn_its_epoch(rivals: Rivals) -> None:
    assert await rivals.us.take(KEY, TTL_MS) == (OwnCode.OURS, START_MS)
    rivals.now_ms += 500
    assert await rivals.them.take(KEY, TTL_MS) == (OwnCode.OTHERS, START_MS)
    assert await rivals.us.take(KEY, TTL_MS) == (OwnCode.OURS, START_MS)


async def test_a_renewal_starts_the_lifetime_again(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    await rivals.client.pexpire(KEY, 5_000)
    await rivals.us.take(KEY, TTL_MS)
    assert await rivals.client.pttl(KEY) > TTL_MS - 5_000


async def test_a_process_that_takes_over_has_the_higher_epoch(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    await rivals.expire()
    rivals.now_ms += 2_000
    assert await rivals.them.take(KEY, TTL_MS) == (OwnCode.OURS, START_MS + 2_000)
    assert (await rivals.us.take(KEY, TTL_MS)).code is OwnCode.OTHERS


async def test_what_is_released_is_free_at_once_and_its_epoch_is_not_given_twice(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    await rivals.us.release_all([KEY])
    assert await rivals.them.take(KEY, TTL_MS) == (OwnCode.OURS, START_MS + 1)


async def test_nobody_releases_what_another_process_holds(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    await rivals.them.release_all([KEY])
    assert (await rivals.them.take(KEY, TTL_MS)).code is OwnCode.OTHERS
    assert (await rivals.us.take(KEY, TTL_MS)).code is OwnCode.OURS


async def test_releasing_what_nobody_holds_leaves_nothing(rivals: Rivals) -> None:
    await rivals.us.release_all([KEY])
    assert await rivals.client.exists(KEY) == 0


async def test_an_epoch_below_the_floor_is_raised_even_if_the_clock_is_behind(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    assert await rivals.us.take(KEY, TTL_MS, floor=START_MS + 9_000) == (OwnCode.OURS, START_MS + 9_000)
    assert await rivals.us.take(KEY, TTL_MS, floor=START_MS) == (OwnCode.OURS, START_MS + 9_000)


async def test_the_floor_of_another_bot_changes_nothing(rivals: Rivals) -> None:
    await rivals.us.take(KEY, TTL_MS)
    assert await rivals.them.take(KEY, TTL_MS, floor=START_MS + 9_000) == (OwnCode.OTHERS, START_MS)


async def test_many_are_taken_in_one_call_even_if_the_server_forgot_the_script(rivals: Rivals) -> None:
    keys = [f"rt:{{{bot}}}:poll" for bot in range(3)]
    await rivals.them.take(keys[1], TTL_MS)
    await rivals.client.script_flush()
    assert [owned.ours for owned in await rivals.us.take_all(keys, TTL_MS)] == [True, False, True]
    assert await rivals.us.take_all([], TTL_MS) == []


@given(st.lists(st.tuples(st.sampled_from(["us", "them"]), st.sampled_from(["take", "release", "expire", "wait"]))))
@example([("us", "take"), ("us", "release"), ("them", "take"), ("us", "expire"), ("us", "take")])
async def test_epochs_only_rise_and_never_have_two_owners(events: list[tuple[str, str]]) -> None:
    rivals = Rivals(fakeredis.FakeAsyncRedis(decode_responses=True))
    given_to: dict[int, str] = {}
    for who, what in events:
        rival = rivals.us if who == "us" else rivals.them
        if what == "wait":
            rivals.now_ms += 1
        elif what == "expire":
            await rivals.expire()
            rivals.now_ms += TTL_MS
        elif what == "release":
            await rival.release_all([KEY])
        elif (owned := await rival.take(KEY, TTL_MS)).ours:
            assert given_to.setdefault(owned.epoch, who) == who
            assert owned.epoch == max(given_to)
    await rivals.client.aclose()

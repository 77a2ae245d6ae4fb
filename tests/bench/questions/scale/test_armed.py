"""Which chats are touched: all of them, so that no cache holds the few that are in use."""

from collections import defaultdict

import pytest

from bench.questions.scale.armed import Touches, bot_ids
from storage.redis.client import open_redis
from storage.redis.timers import BATCH, Timers


@pytest.mark.parametrize(
    ("bots", "chats", "due"), [(1, 300_000, 5_000), (3, 6_000, 600), (7, 700, 7), (10, 10, 0), (2, 2 * BATCH, 0)]
)
async def test_all_chats_of_a_bot_are_touched_before_one_is_touched_again(
    redis_url: str, bots: int, chats: int, due: int
) -> None:
    each = (chats - due) // bots
    async with open_redis(redis_url) as client:
        touches = Touches(Timers(client), bot_ids(0, bots), chats, due, for_s=0)
        met: defaultdict[int, list[int]] = defaultdict(list)
        for _ in range(bots * -(-each // min(each, BATCH))):
            bot, listed = touches.next_list()
            assert len(listed) == min(each, BATCH)
            met[bot] += listed
        assert [len(set(listed[:each])) for listed in met.values()] == [each] * bots

"""Every key that a running house leaves in Redis stands on the page of keys, of its kind and with its lifetime."""

from storage.redis import keys
from tests.flows.conftest import house
from tests.flows.house import House

__all__ = ["house"]

KINDS = {
    "timers": "zset",
    "state": "hash",
    "bot": "hash",
    "poll": "string",
    "came": "zset",
    "new": "string",
    "rebuild": "string",
}
HELD_FOR_A_WHILE = {"poll"}
BY_WEBHOOK = {"came"}
BY_API = {"new"}
BY_HAND = {"rebuild"}


async def test_a_running_house_writes_only_the_keys_of_the_page(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    bot_id = await house.pool.fetchval("SELECT id FROM bots")
    page = keys.of_bot(bot_id)._asdict()
    expected = {page[name]: kind for name, kind in KINDS.items() if name not in BY_WEBHOOK | BY_API | BY_HAND}
    expected |= {keys.SHARDS: "string", keys.MARK: "string", keys.of_shard(0): "string"}
    assert {key: await house.redis.type(key) for key in await house.redis.keys()} == expected
    for key in expected:
        held = key in {keys.of_shard(0), *(page[name] for name in HELD_FOR_A_WHILE)}
        assert (await house.redis.pttl(key) > 0) is held


def test_the_keys_of_a_bot_share_one_slot() -> None:
    assert all(key.startswith("rt:{7}:") for key in keys.of_bot(7))
    assert set(KINDS) == set(keys.BotKeys._fields)

"""`python -m engine rebuild`: the timers come back from PostgreSQL, for one bot or for all, and never twice at once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.core.campaign.document import encode
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.schedule.step_schedule import After
from engine.poller import rebuild as rebuilding
from engine.poller import rebuild_by_hand
from engine.poller.rebuild_by_hand import Rebuilt
from storage.postgres.poller_bots import list_bots
from storage.postgres.pool import Pool
from storage.redis import bot_state, keys
from storage.redis.client import Redis, open_redis
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers
from tests.cli.command import Cli

SHOP, CLUB, NEW = 7, 8, 9
NEWEST = Snapshot("UTC", (Step("a", After(0), (Block("b", Text("x")),)),), threshold_ms=60_000)


@pytest.fixture(autouse=True)
def no_receiver_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "_REPEATED_WITHIN_S", 0.0)


@pytest.fixture
async def client(redis_url: str, pool: Pool) -> AsyncIterator[Redis]:
    """Three silent chats of one bot, one of another, and a bot without a campaign. Redis has nothing."""
    client = open_redis(redis_url)
    now_ms = await server_now_ms(client)
    for bot_id, name in ((SHOP, "shop_bot"), (CLUB, "club_bot"), (NEW, "new_bot")):
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES ($1, $2, '', 0)", bot_id, name)
    for bot_id in (SHOP, CLUB):
        await pool.execute(
            "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
            " VALUES ($1, 1, 1, $2::text::jsonb, 0)",
            *(bot_id, encode(NEWEST)),
        )
        await pool.execute(
            "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, activated_at,"
            " published_version) VALUES ($1, 'live', 60000, 'UTC', 60000, 1, 1)",
            bot_id,
        )
    for bot_id, chat in ((SHOP, 1), (SHOP, 2), (SHOP, 3), (CLUB, 1)):
        await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active) VALUES ($1, $2, $3)", bot_id, chat, now_ms)
    yield client
    await client.aclose()


async def armed(client: Redis, bot_id: int) -> int:
    return int(await client.zcard(keys.of_bot(bot_id).timers))


async def test_the_timers_of_one_bot_come_back_and_again_there_is_nothing_to_do(cli: Cli, client: Redis) -> None:
    assert cli.says("rebuild", "--bot", "@Shop_bot") == "@shop_bot: the timers are whole; 3 chats, 3 put back.\n"
    assert (await armed(client, SHOP), await armed(client, CLUB)) == (3, 0)
    assert await bot_state.generation(client, SHOP)
    assert cli.says("rebuild", "--bot", "@shop_bot") == "@shop_bot: the timers are whole; 3 chats, 0 put back.\n"


async def test_all_bots_are_rebuilt_one_after_the_other(cli: Cli, client: Redis) -> None:
    assert cli.says("rebuild", "--all").splitlines() == [
        "@shop_bot: the timers are whole; 3 chats, 3 put back.",
        "@club_bot: the timers are whole; 1 chat, 1 put back.",
        "@new_bot: no campaign waits for anybody, so there are no timers.",
    ]
    assert (await armed(client, SHOP), await armed(client, CLUB)) == (3, 1)


async def test_a_bot_that_is_not_there_is_refused(cli: Cli, client: Redis, pool: Pool) -> None:
    await pool.execute("UPDATE bots SET status = 'removed' WHERE id = $1", CLUB)
    for name in ("@club_bot", "@nobody"):
        assert "There is no bot" in cli.refuses("rebuild", "--bot", name)
    await pool.execute("UPDATE bots SET status = 'removed'")
    assert "There is no bot" in cli.refuses("rebuild", "--all")
    assert await armed(client, CLUB) == 0


async def test_a_second_rebuild_is_refused_while_one_is_under_way(cli: Cli, client: Redis) -> None:
    other, key = Ownership(client, "another"), keys.of_bot(SHOP).rebuild
    await other.take(key, 60_000)
    assert "rebuilt already" in cli.refuses("rebuild", "--bot", "@shop_bot")
    assert await armed(client, SHOP) == 0
    await other.release_all([key])
    assert "3 put back" in cli.says("rebuild", "--bot", "@shop_bot")


@pytest.mark.parametrize("lost", [True, False])
async def test_a_server_that_may_lack_touches_is_declared_whole_after_the_receivers_have_repeated_them(
    client: Redis, pool: Pool, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    """PostgreSQL may not have them yet."""
    (shop, *_) = await list_bots(pool)
    await bot_state.set_generation(client, SHOP, 1, "the run before" if lost else await run_of(client))

    async def repeat() -> None:
        assert await bot_state.generation(client, SHOP) is None
        await Timers(client).touch(SHOP, [Sign(1, 0), Sign(2, 0)], 60_000)

    monkeypatch.setattr("engine.poller.rebuild_by_hand.let_receivers_repeat", repeat)
    assert await rebuild_by_hand.rebuild_by_hand(pool, client, shop) == Rebuilt(3, 1 if lost else 3)


async def test_nothing_is_claimed_until_the_timers_are_whole(
    client: Redis, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Redis believed of them before."""
    (shop, _, new) = await list_bots(pool)
    found: list[str | None] = []
    rebuild = rebuilding.rebuild

    async def looked_at(*asked: Any, **named: Any) -> int:
        found.append(await bot_state.generation(client, SHOP))
        return await rebuild(*asked, **named)

    monkeypatch.setattr("engine.poller.rebuild_by_hand.rebuild", looked_at)
    await bot_state.set_generation(client, SHOP, 1, run="")
    assert await rebuild_by_hand.rebuild_by_hand(pool, client, shop) == Rebuilt(3, 3)
    found.append(await bot_state.generation(client, SHOP))
    assert found[0] is None
    assert found[1] not in (None, "1")
    assert await rebuild_by_hand.rebuild_by_hand(pool, client, new) is None
    assert found[2:] == []

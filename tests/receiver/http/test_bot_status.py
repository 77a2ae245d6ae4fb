"""What a bot's own code asks first: is my key right, and is my bot heard?"""

from typing import Any

import pytest

from engine.administration import api_keys
from engine.core.api_key import ALL
from engine.core.change import Change
from engine.core.feed_status import FeedStatus, Unread
from engine.core.schedule.spoken_time import DAY_MS
from engine.receiver.http.bot_status import Feed, describe
from storage.postgres.api_keys import ActiveKey
from storage.redis.server_clock import server_now_ms
from tests.receiver.http.desk import Desk


async def ask(desk: Desk, key: str) -> tuple[int, dict[str, Any]]:
    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}"
    async with desk.session.get(url, headers={"Authorization": f"Bearer {key}"}) as response:
        return response.status, await response.json()


async def test_a_right_key_tells_what_it_is_good_for_and_how_the_bot_stands(desk: Desk) -> None:
    now_ms = await server_now_ms(desk.client)
    key = (await api_keys.add(desk.pool, desk.bot.username, "shop", Change("test", now_ms), "read", "1d")).reveal()
    await desk.receiver.run_once()
    status, said = await ask(desk, key)
    assert (status, said.pop("feed").keys()) == (200, {"trouble", "read_until_ms", "held"})
    assert said == {
        "bot_id": desk.bot.id,
        "username": desk.bot.username,
        "status": "active",
        "key": {"name": "shop", "scopes": ["read"], "expires_at_ms": now_ms + DAY_MS},
    }


@pytest.mark.parametrize("status", ["paused", "suspended"])
async def test_a_bot_that_is_not_active_says_so(desk: Desk, status: str) -> None:
    await desk.pool.execute("UPDATE bots SET status = $1", status)
    await desk.receiver.run_once()
    assert (await ask(desk, desk.key))[1]["status"] == status


@pytest.mark.parametrize("unread", [None, *Unread])
def test_a_feed_names_its_trouble(unread: Unread | None) -> None:
    key = ActiveKey(1, b"", "main", ALL, None, 7, "shop_bot", "active")
    held = FeedStatus(9, unread, "", 8, 5, None, Unread.SECOND_READER)
    assert describe(key, held).feed == Feed(unread, 8, held=True)
    assert describe(key, held._replace(doubted_until_ms=None)).feed == Feed(unread, 8, held=False)


async def test_a_bot_that_was_removed_this_moment_is_unknown(desk: Desk) -> None:
    await desk.pool.execute("UPDATE bots SET status = 'removed'")
    status, said = await ask(desk, desk.key)
    assert (status, "There is no such bot" in said["error"]) == (401, True)

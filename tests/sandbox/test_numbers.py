"""The numbers of a bot's updates can begin again, as at Telegram after an idle week."""

from typing import Any

import pytest

from bench.sandbox import ControlFailedError, SandboxClient
from tests.sandbox.caller import Caller

BOT = "shop_bot"
ALL = 2**31 - 1


@pytest.fixture
async def idle(bot: Caller, person: int) -> int:
    """A person of whom no update waits."""
    assert (await bot("getUpdates", offset=ALL)).result == []
    return person


@pytest.mark.parametrize("first", [1, 17, 2**31 - 2])
async def test_updates_count_on_from_a_new_first_number(
    bot: Caller, client: SandboxClient, idle: int, first: int
) -> None:
    await client.number_updates(BOT, first)
    done = [await client.write(BOT, idle, text) for text in ("a", "b")]
    assert [one.update_id for one in done] == [first, first + 1]
    assert [update["update_id"] for update in (await bot("getUpdates")).result] == [first, first + 1]


async def test_a_number_that_comes_again_is_acknowledged_again(bot: Caller, client: SandboxClient, idle: int) -> None:
    await client.number_updates(BOT, 5)
    await client.write(BOT, idle, "a")
    await bot("getUpdates", offset=6)
    assert await client.acknowledged_at(BOT, 5) is not None
    await client.number_updates(BOT, 5)
    await client.write(BOT, idle, "b")
    assert await client.acknowledged_at(BOT, 5, wait=0) is None


@pytest.mark.usefixtures("person")
async def test_no_bot_is_renumbered_while_updates_wait(client: SandboxClient) -> None:
    with pytest.raises(ControlFailedError, match="updates wait for shop_bot"):
        await client.number_updates(BOT, 5)


@pytest.mark.parametrize("first", [0, -1, 2**31, "7", None])
async def test_an_impossible_number_is_refused(client: SandboxClient, first: Any) -> None:
    with pytest.raises(ControlFailedError):
        await client.number_updates(BOT, first)

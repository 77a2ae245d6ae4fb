"""`python -m engine inspect`: one chat, for people and for programs."""

import json

from storage.postgres.deliveries.begin import Beginning, begin_episodes
from tests.chats.test_inspection import BOT, CHAT, THRESHOLD_MS, Ground, ground
from tests.cli.command import Cli

__all__ = ["ground"]


async def test_the_command_prints_it_for_people(cli: Cli, ground: Ground) -> None:
    await ground.touch()
    await begin_episodes(ground.pool, [Beginning(BOT, CHAT, 9_000, 5, 1, "z-first", "y", 9_500)], 9_000)
    shown = cli.says("inspect", "@shop_bot", str(CHAT))
    for words in ("@shop_bot, chat 5000000001: waiting for silence", "live, version 1, threshold 20m", "z-first/y"):
        assert words in shown


async def test_the_command_prints_it_for_programs(cli: Cli, ground: Ground) -> None:
    await ground.touch()
    told = json.loads(cli.says("inspect", "shop_bot", str(CHAT), "--json"))
    assert (told["phase"], told["chat_id"], told["threshold_ms"]) == ("waiting_for_silence", CHAT, THRESHOLD_MS)
    assert told["next_due_ms"] - told["last_seen_ms"] == THRESHOLD_MS


async def test_the_command_refuses_a_bot_that_is_not_there(cli: Cli, ground: Ground) -> None:
    del ground
    assert cli.refuses("inspect", "@nobody_bot", "1").startswith("There is no bot @nobody_bot: ")

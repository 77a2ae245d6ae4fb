"""`python -m bench manager`: how fast does the manager show its screens, and does it ask more when there is more?

The first bot has a campaign of fifty steps, people inside, and all the deliveries; an owner of all goes from screen
to screen. A redraw is measured from the tap to its arrival at the sandbox. The statements of each screen are counted
before the deliveries are there and after, and must not become more.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bench.answer import tell
from bench.manager import fill, statements
from bench.manager.report import Outcome, Shown
from bench.manager.walk import Walker
from bench.numbers import whole
from bench.sandbox.client import SandboxClient
from bench.stage import House, Ready, house
from bot.frame.callbacks import code_of_key
from bot.screen import Place
from bot.screens import SCREENS
from engine.core.campaign import Change
from engine.core.errors import RecoveryError
from engine.desk import Desk, open_desk

_MOST_BOTS: Final = 500
_MOST_DELIVERIES: Final = 10_000_000
_MOST_ROUNDS: Final = 1_000
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
_CHOICES: Final = {"version": 1}
_NEEDS_A_MEMBER: Final = "member"


def main(words: Sequence[str]) -> int:
    """0 if every screen was there in time, and none asked more when there was more."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench manager", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=50)
    parser.add_argument("--deliveries", type=whole(1, _MOST_DELIVERIES), default=1_000_000, help="of the first bot")
    parser.add_argument("--rounds", type=whole(2, _MOST_ROUNDS), default=20, help="how often each screen is shown")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="manager-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given))


async def _run(running: House, given: argparse.Namespace) -> Outcome:
    ready = running.begin_sandbox(given.bots, 0)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        manager = await client.add_bot("manager_bot")
        (owner,) = await client.add_people(1)
        running.env |= {"MANAGER_BOT_TOKEN": manager.token, "ADMIN_IDS": str(owner.id)}
        desk = await stack.enter_async_context(open_desk(running.settings))
        await _connect(desk, ready, given.bots)
        places = await _places(desk, ready.bots[0].id)
        before = await statements.counted(desk, manager.token, owner.id, places)
        _say(f"Writing {given.deliveries} deliveries")
        await fill.grow(desk, ready.bots[0].id, given.deliveries, await desk.now_ms())
        after = await statements.counted(desk, manager.token, owner.id, places)
        running.begin("manager", "bot")
        await _until_there(running)
        _say(f"Showing {len(places)} screens {given.rounds} times")
        redraws = await Walker(desk, client, manager, owner.id).walk(places, given.rounds)
    screens = [Shown(name, redraws[name], before[name], after[name]) for name in places]
    return Outcome(given.bots, fill.STEPS, given.deliveries, screens)


async def _connect(desk: Desk, ready: Ready, bots: int) -> None:
    _say(f"Connecting {bots} bots with campaigns of {fill.STEPS} steps")
    await fill.connect(desk, ready.bots, Change("bench", await desk.now_ms()))


async def _places(desk: Desk, bot_id: int) -> dict[str, Place]:
    """Where each screen is looked at: at the first bot, its first step and block, its first member."""
    await desk.pool.execute("INSERT INTO admins VALUES (7, 'Bruno', 'pt', 0)")
    await desk.pool.execute("INSERT INTO bot_admins VALUES ($1, 7, 'editor')", bot_id)
    choices = {**_CHOICES, _NEEDS_A_MEMBER: code_of_key("7")}
    whole_place = Place(bot_id, code_of_key(fill.STEP), code_of_key(fill.BLOCK))
    return {
        name: whole_place.within(screen.scope)._replace(choice=choices.get(name, 0)) for name, screen in SCREENS.items()
    }


async def _until_there(running: House) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not running.has_said("manager", "Manager started"):
            running.check_alive()
            await asyncio.sleep(_LOOK_S)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

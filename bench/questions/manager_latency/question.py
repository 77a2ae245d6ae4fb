"""`python -m bench manager-latency`: how fast are the manager's screens, and do more data cost more statements?

The statements of each screen are counted while there is one of everything, and once there is much: fifty bots with
fifty steps, a first one with versions, a team, people inside and all the deliveries. They must be the same. Then an
owner of all goes from screen to screen; a redraw is measured from the tap to its arrival at the sandbox.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.exit_status import tell
from bench.harness.stack import House, house
from bench.questions.manager_latency import fill, statements
from bench.questions.manager_latency.report import Outcome, Shown
from bench.questions.manager_latency.statements import Visitor
from bench.questions.manager_latency.walk import Walker
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo
from bot.framework.callbacks import code_of_key
from bot.framework.screen import Place
from bot.screens import SCREENS
from engine.administration.context import Desk, open_desk
from engine.core.change import Change
from engine.core.errors import RecoveryError

_MOST_BOTS: Final = 500
_MOST_DELIVERIES: Final = 10_000_000
_MOST_ROUNDS: Final = 1_000
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
_MEMBER: Final = code_of_key(str(fill.FIRST_MEMBER))
_CHOICES: Final = {"version": 1, "member": _MEMBER, "dismiss": _MEMBER}


def main(words: Sequence[str]) -> int:
    """0 if every screen was there in time, with as many statements for much data as for little."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench manager-latency", description=__doc__)
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
        places = _places(ready.bots[0].id)
        before, after = await _counted(desk, Visitor(manager.token, owner.id), ready.bots, given.deliveries, places)
        running.begin("manager", "bot")
        await _until_there(running)
        _say(f"Showing {len(places)} screens {given.rounds} times")
        redraws = await Walker(desk, client, manager, owner.id).walk(places, given.rounds)
    screens = [Shown(name, redraws[name], before[name], after[name]) for name in places]
    return Outcome(given.bots, fill.STEPS, given.deliveries, screens)


async def _counted(
    desk: Desk, visitor: Visitor, bots: Sequence[BotInfo], deliveries: int, places: Mapping[str, Place]
) -> tuple[dict[str, int], dict[str, int]]:
    """The statements of each screen with little data and with much, which stays."""
    change = Change("bench", await desk.now_ms())
    await fill.begin(desk, bots[0], change)
    before = await statements.counted(desk, visitor, places)
    _say(f"Connecting {len(bots)} bots with campaigns of {fill.STEPS} steps, and writing {deliveries} deliveries")
    await fill.enlarge(desk, bots, deliveries, change)
    return before, await statements.counted(desk, visitor, places)


def _places(bot_id: int) -> dict[str, Place]:
    """Where each screen is looked at: at the first bot, its first step and block, its first member and version."""
    whole_place = Place(bot_id, code_of_key(fill.STEP), code_of_key(fill.BLOCK))
    return {
        name: whole_place.within(screen.scope)._replace(choice=_CHOICES.get(name, 0))
        for name, screen in SCREENS.items()
    }


async def _until_there(running: House) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not running.has_said("manager", "Manager started"):
            running.check_alive()
            await asyncio.sleep(_LOOK_S)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

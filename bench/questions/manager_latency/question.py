"""How fast does the manager show its screens, and do they take more statements with more data?

The bench counts the statements of each screen with next to no data and again with a lot of it: fifty bots with fifty
steps, of which the first has versions, a team, people in its campaign and all the deliveries. The counts must be equal.
Then the owner of all the bots goes from screen to screen; a redraw is timed from the tap to its arrival at the sandbox.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from bench.harness.arguments import whole
from bench.harness.question import Given, Question, on_stack, parse_given
from bench.harness.stack import Stack
from bench.questions.manager_latency import fill, statements
from bench.questions.manager_latency.report import Outcome, Shown
from bench.questions.manager_latency.statements import Visitor
from bench.questions.manager_latency.walk import Walker
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo
from bot.framework.callbacks import code_of_key
from bot.framework.screen import Place
from bot.screens import SCREENS
from bot.screens.bots import member, remove_member
from bot.screens.campaign import version
from engine.administration.context import Desk, open_desk
from engine.core.change import Change

_MOST_BOTS: Final = 500
_MOST_DELIVERIES: Final = 10_000_000
_MOST_ROUNDS: Final = 1_000
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
_MEMBER: Final = code_of_key(str(fill.FIRST_MEMBER))
_CHOICES: Final = {version.SCREEN.name: 1, member.SCREEN.name: _MEMBER, remove_member.SCREEN.name: _MEMBER}


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=50)
    parser.add_argument("--deliveries", type=whole(1, _MOST_DELIVERIES), default=1_000_000, help="of the first bot")
    parser.add_argument("--rounds", type=whole(2, _MOST_ROUNDS), default=20, help="how often to show each screen")
    return parse_given(parser, words)


async def _run(stack: Stack, given: Given) -> Outcome:
    ready = stack.start_sandbox(given.bots, 0)
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        manager = await client.add_bot("manager_bot")
        (owner,) = await client.add_people(1)
        stack.env |= {"MANAGER_BOT_TOKEN": manager.token, "ADMIN_IDS": str(owner.id)}
        desk = await contexts.enter_async_context(open_desk(stack.settings))
        places = _places(ready.bots[0].id)
        before, after = await _count(desk, Visitor(manager.token, owner.id), ready.bots, given, places)
        stack.start("manager", "bot")
        await _until_started(stack)
        given.say(f"Showing {len(places)} screens {given.rounds} times")
        redraws = await Walker(desk, client, manager, owner.id).walk(places, given.rounds)
    screens = [Shown(name, redraws[name], before[name], after[name]) for name in places]
    return Outcome(given.bots, fill.STEPS, given.deliveries, screens)


async def _count(
    desk: Desk, visitor: Visitor, bots: Sequence[BotInfo], given: Given, places: Mapping[str, Place]
) -> tuple[dict[str, int], dict[str, int]]:
    """The statements of each screen, with little data and with a lot of it, which stays."""
    change = Change("bench", await desk.now_ms())
    await fill.begin(desk, bots[0], change)
    before = await statements.counted(desk, visitor, places)
    given.say(
        f"Connecting {len(bots)} bots with campaigns of {fill.STEPS} steps, and writing {given.deliveries} deliveries"
    )
    await fill.enlarge(desk, bots, given.deliveries, change)
    return before, await statements.counted(desk, visitor, places)


def _places(bot_id: int) -> dict[str, Place]:
    """Where each screen is opened: at the first bot, its first step and block, its first member and version."""
    whole_place = Place(bot_id, code_of_key(fill.STEP), code_of_key(fill.BLOCK))
    return {
        name: whole_place.within(screen.scope)._replace(choice=_CHOICES.get(name, 0))
        for name, screen in SCREENS.items()
    }


async def _until_started(stack: Stack) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not stack.has_logged("manager", "Manager started"):
            stack.check_alive()
            await asyncio.sleep(_LOOK_S)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

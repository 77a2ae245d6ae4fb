"""How late is a message, and what does it cost, while people fall silent at a steady rate?

The whole road on one stack: people write to sixty bots, a receiver takes their updates, and two pollers claim what is
due and send it to the sandbox. Late is measured from the due to the committed claim in PostgreSQL, and to Telegram's
answer, for every message whose due falls within the window; CPU is that of the processes and their children over the
same window, divided by its messages. With `--null-sender` timers are armed directly and sends are answered at once.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from bench.harness import process_usage
from bench.harness.arguments import whole
from bench.harness.armed_chats import ArmedChats
from bench.harness.cpu import used_s
from bench.harness.question import Given, Question, on_stack
from bench.harness.scene import Scene, null_scene, whole_scene
from bench.harness.stack import Stack
from bench.harness.steadily import steadily
from bench.questions.lateness.figures import Window, figures
from bench.questions.lateness.report import Outcome
from storage.redis.timers import Timers

_THRESHOLD_MS: Final = 3_000
_CAMPAIGN: Final = f"""\
threshold: {_THRESHOLD_MS // 1000}s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""
_BOTS: Final = 60
_POLLERS: Final = 2
_RATES: Final = (100, 300, 1_000)
_LEAD_S: Final = _THRESHOLD_MS / 1000 + 4.0
"""Until the first are due, and a little longer, so that plans and connections are made before the window opens."""
_TOUCHED: Final = 60_000
"""How many chats are touched if no others are armed."""


class Wanted(Given):
    rate: int | None
    seconds: int
    null_sender: bool
    touches: int
    armed: int

    @property
    def rates(self) -> Sequence[int]:
        return _RATES if self.rate is None else (self.rate,)

    def silences(self, rate: int) -> int:
        return int(rate * (_LEAD_S + self.seconds))

    @property
    def people(self) -> int:
        """How many people each bot needs: in each chat somebody falls silent once."""
        return -(-sum(map(self.silences, self.rates)) // _BOTS)


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument(
        "--rate", type=whole(_BOTS, 2_000), help="how many are due each second; without it, three rates"
    )
    parser.add_argument("--seconds", type=whole(1, 600), default=20, help="how long to measure")
    parser.add_argument(
        "--null-sender", action="store_true", help="no sandbox: arm directly, answer every send at once"
    )
    parser.add_argument("--touches", type=whole(0, 200_000), default=0, help="of other chats, each second beside it")
    parser.add_argument("--armed", type=whole(0, 10_000_000), default=0, help="other chats that are armed")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    given.say(f"Starting {_BOTS} bots, {_POLLERS} pollers and what else it takes")
    async with AsyncExitStack() as contexts:
        scene = await _scene(stack, contexts, given)
        await _arm_others(scene, given)
        windows, begun = [], 0
        for rate in given.rates:
            given.say(f"{rate} people fall silent each second, for {_LEAD_S + given.seconds:g} s")
            windows.append(await _measure(scene, given, rate, begun))
            begun += given.silences(rate)
            await scene.until_settled(begun)
        seen = await scene.stop_pollers()
    return Outcome(len(scene.bots), [figures(window, seen) for window in windows])


async def _scene(stack: Stack, contexts: AsyncExitStack, given: Wanted) -> Scene:
    if given.null_sender:
        return await null_scene(stack, contexts, _CAMPAIGN, threshold_ms=_THRESHOLD_MS, bots=_BOTS, pollers=_POLLERS)
    return await whole_scene(stack, contexts, _CAMPAIGN, bots=_BOTS, people=given.people, pollers=_POLLERS)


async def _arm_others(scene: Scene, given: Wanted) -> None:
    """The other chats, and a process that touches them until the end."""
    chats = given.armed or (_TOUCHED if given.touches else 0)
    if not chats:
        return
    given.say(f"Arming {chats} other chats")
    others = ArmedChats(Timers(scene.redis), scene.ids, chats)
    for number in range(others.lists):
        await others.touch(number)
    if given.touches:
        scene.stack.start("touches", "bench.harness.touch_load", *map(str, (given.touches, chats, *scene.ids)))


async def _measure(scene: Scene, given: Wanted, rate: int, begun: int) -> Window:
    """People begin to fall silent before the window opens, and stop when it closes."""

    async def fall_silent(first: int, count: int) -> None:
        await scene.road.fall_silent(begun + first, count)

    falling = asyncio.create_task(steadily(rate, _LEAD_S + given.seconds, fall_silent))
    await asyncio.sleep(_LEAD_S)
    processes = process_usage.processes(scene.stack.pids)
    from_ms, before = _now_ms(), used_s(processes)
    await asyncio.sleep(given.seconds)
    until_ms, after = _now_ms(), used_s(processes)
    await falling
    return Window(rate, from_ms, until_ms, (before, after))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

"""How late is a message, and what does it cost, while people fall silent at a steady rate?

The whole road on one stack: people write to sixty bots, a receiver takes their updates, and two pollers claim what is
due and send it to the sandbox. Late is measured from the due to the committed claim in PostgreSQL, and to Telegram's
answer, for every message whose due falls within the window; CPU is that of the processes and their children over the
same window, divided by its messages. With `--null-sender` timers are armed directly and sends are answered at once.
Without any load on the command line it is asked for three rates, alone and beside touches, and with a null sender.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.harness import process_usage, touch_load
from bench.harness.arguments import whole
from bench.harness.armed_chats import ArmedChats
from bench.harness.cpu import used_s
from bench.harness.question import Given, Question
from bench.harness.scene import Scene, null_scene, whole_scene
from bench.harness.stack import Stack, running_stack
from bench.harness.steadily import steadily
from bench.harness.touch_load import Touched
from bench.questions.lateness import loads
from bench.questions.lateness.figures import Figures, Window, figures
from bench.questions.lateness.loads import Load
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
_LEAD_S: Final = _THRESHOLD_MS / 1000 + 4.0
"""Until the first are due, and a little longer, so that plans and connections are made before the window opens."""
_ROUNDS: Final = 5
_SECONDS: Final = 10
_QUICK_SECONDS: Final = 5
_TOUCHED: Final = 60_000
"""How many chats are touched if no others are armed."""
_TOUCHES: Final = "touches"
"""The process that touches them, and the file that it writes."""


class Wanted(Given):
    rate: int | None
    seconds: int | None
    rounds: int | None
    null_sender: bool
    touches: int
    armed: int
    quick: bool

    @property
    def loads(self) -> Sequence[Load]:
        if self.rate or self.null_sender or self.touches or self.armed:
            rates = (self.rate,) if self.rate else loads.RATES
            return [Load("asked", rates, self.null_sender, self.touches, self.armed)]
        return loads.QUICK if self.quick else loads.ALL

    @property
    def window_s(self) -> int:
        return self.seconds or (_QUICK_SECONDS if self.quick else _SECONDS)

    @property
    def turns(self) -> int:
        return self.rounds or (1 if self.quick or self.rate else _ROUNDS)

    def silences(self, rate: int) -> int:
        return int(rate * (_LEAD_S + self.window_s))


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument(
        "--rate", type=whole(_BOTS, 2_000), help="how many are due each second; without it, three rates"
    )
    parser.add_argument("--seconds", type=whole(1, 600), help=f"how long to measure; {_SECONDS} by default")
    parser.add_argument(
        "--rounds", type=whole(1, 50), help=f"of all rates in turn; {_ROUNDS} by default, 1 of one rate"
    )
    parser.add_argument(
        "--null-sender", action="store_true", help="no sandbox: arm directly, answer every send at once"
    )
    parser.add_argument("--touches", type=whole(0, 200_000), default=0, help="of other chats, each second beside it")
    parser.add_argument("--armed", type=whole(0, 10_000_000), default=0, help="other chats that are armed")
    parser.add_argument("--quick", action="store_true", help=f"one round, and windows of {_QUICK_SECONDS} s")
    return parser.parse_args(words, Wanted())


def _ask(given: Wanted, directory: Path) -> Outcome:
    found: dict[str, Mapping[int, Sequence[Figures]]] = {}
    for load in given.loads:
        given.say(f"Starting {_BOTS} bots, {_POLLERS} pollers and what else it takes")
        (directory / load.name).mkdir(exist_ok=True)
        with running_stack(directory / load.name) as stack:
            found[load.name] = asyncio.run(_run(stack, given, load))
    return Outcome(_BOTS, found)


async def _run(stack: Stack, given: Wanted, load: Load) -> dict[int, list[Figures]]:
    windows: list[Window] = []
    async with AsyncExitStack() as contexts:
        scene = await _scene(stack, contexts, given, load)
        await _arm_others(scene, given, load)
        begun = 0
        for rate in [rate for _ in range(given.turns) for rate in load.rates]:
            given.say(f"{rate} people fall silent each second, for {_LEAD_S + given.window_s:g} s")
            windows.append(await _measure(scene, given, rate, begun))
            begun += given.silences(rate)
            await scene.until_settled(begun)
        touched = await _stop_touches(scene, load)
        seen = await scene.stop_pollers()
    found: defaultdict[int, list[Figures]] = defaultdict(list)
    for window in windows:
        found[window.rate].append(figures(window, seen, load.touches, touched))
    return found


async def _scene(stack: Stack, contexts: AsyncExitStack, given: Wanted, load: Load) -> Scene:
    if load.null_sender:
        return await null_scene(stack, contexts, _CAMPAIGN, threshold_ms=_THRESHOLD_MS, bots=_BOTS, pollers=_POLLERS)
    silences = given.turns * sum(map(given.silences, load.rates))
    return await whole_scene(stack, contexts, _CAMPAIGN, bots=_BOTS, people=-(-silences // _BOTS), pollers=_POLLERS)


async def _arm_others(scene: Scene, given: Wanted, load: Load) -> None:
    """The other chats, and a process that touches them until the end."""
    chats = load.armed or (_TOUCHED if load.touches else 0)
    if not chats:
        return
    given.say(f"Arming {chats} other chats")
    others = ArmedChats(Timers(scene.redis), scene.ids, chats)
    for number in range(others.lists):
        await others.touch(number)
    if load.touches:
        arguments = (scene.stack.directory / _TOUCHES, load.touches, chats, *scene.ids)
        scene.stack.start(_TOUCHES, touch_load.__name__, *map(str, arguments))


async def _stop_touches(scene: Scene, load: Load) -> list[Touched]:
    """Raises RecoveryError if the process that touches does not stop."""
    if not load.touches:
        return []
    await scene.stack.stop(_TOUCHES)
    return touch_load.read(scene.stack.directory / _TOUCHES)


async def _measure(scene: Scene, given: Wanted, rate: int, begun: int) -> Window:
    """People begin to fall silent before the window opens, and stop when it closes."""

    async def fall_silent(first: int, count: int) -> None:
        await scene.road.fall_silent(begun + first, count)

    falling = asyncio.create_task(steadily(rate, _LEAD_S + given.window_s, fall_silent))
    await asyncio.sleep(_LEAD_S)
    processes = process_usage.processes(scene.stack.pids)
    from_ms, before = _now_ms(), used_s(processes)
    await asyncio.sleep(given.window_s)
    until_ms, after = _now_ms(), used_s(processes)
    await falling
    return Window(rate, from_ms, until_ms, (before, after))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

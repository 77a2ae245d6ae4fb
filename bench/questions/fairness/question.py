"""Does one bot's burst of a hundred thousand delay the messages of the forty-nine others?

People of forty-nine bots fall silent at a steady trickle, whose lateness is measured from the due to the committed
claim. Then all chats of the fiftieth bot, which may send a thousand messages a second, are due in the same millisecond,
and the same trickle is measured beside that. Pollers and servers are real; sends are answered at once.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from bench.harness import emergency_stop
from bench.harness.beside import beside
from bench.harness.question import Given, Question, on_stack
from bench.harness.roads import DirectRoad
from bench.harness.scene import Scene, null_scene
from bench.harness.stack import Stack
from bench.harness.steadily import steadily
from bench.questions.fairness.burst import Burst
from bench.questions.fairness.figures import Outcome, Round, Window, outcome
from engine.core.delivery.rate_limit import PAID_MOST

_THRESHOLD_MS: Final = 3_000
_CAMPAIGN: Final = f"""\
threshold: {_THRESHOLD_MS // 1000}s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""
_BOTS: Final = 50
_POLLERS: Final = 2
_TRICKLE: Final = 98
"""A second, of all the others together."""
_LEAD_S: Final = _THRESHOLD_MS / 1000 + 2.0
"""Until the first are due, and a little longer, so that the first plans and connections are made."""
_FOREVER_S: Final = 1e6
_REST_S: Final = 2.0


class _Given(Given):
    quick: bool


class _Length(NamedTuple):
    rounds: int
    burst: int
    window_s: float


_FULL: Final = _Length(3, 100_000, 20.0)
_QUICK: Final = _Length(1, 10_000, 6.0)


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--quick", action="store_true", help=f"one burst of {_QUICK.burst} chats")
    return parser.parse_args(words, _Given())


async def _run(stack: Stack, given: _Given) -> Outcome:
    length = _QUICK if given.quick else _FULL
    given.say(f"Starting {_BOTS} bots and {_POLLERS} pollers")
    async with AsyncExitStack() as contexts:
        scene = await null_scene(stack, contexts, _CAMPAIGN, threshold_ms=_THRESHOLD_MS, bots=_BOTS, pollers=_POLLERS)
        bursting, *others = scene.bots
        await emergency_stop.set_pace(stack.settings, [bursting], PAID_MOST)
        burst = Burst(scene.redis, bursting.id, length.burst)
        trickle = _trickle(DirectRoad(scene.redis, [bot.id for bot in others], _THRESHOLD_MS))
        async with beside(asyncio.create_task(trickle)):
            await asyncio.sleep(_LEAD_S)
            rounds = [await _round(scene, given, burst, length) for _ in range(length.rounds)]
        return outcome(bursting.id, _BOTS, length.burst, rounds, await scene.stop_pollers())


async def _trickle(road: DirectRoad) -> None:
    await steadily(_TRICKLE, _FOREVER_S, road.fall_silent)


async def _round(scene: Scene, given: _Given, burst: Burst, length: _Length) -> Round:
    given.say(f"The trickle alone, for {length.window_s:g} s")
    calm = await _window(scene, time.time_ns() // 1_000_000, length.window_s)
    given.say(f"{length.burst} chats of one bot are due at once")
    beside_burst = await _window(scene, await burst.gather(), length.window_s)
    await burst.end()
    await asyncio.sleep(_REST_S)
    return Round(calm, beside_burst)


async def _window(scene: Scene, from_ms: int, for_s: float) -> Window:
    """Returns when it is over."""
    until_ms = from_ms + round(1000 * for_s)
    await asyncio.sleep(max(0.0, until_ms / 1000 - time.time()))
    scene.stack.check_alive()
    return Window(from_ms, until_ms)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

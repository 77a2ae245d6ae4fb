"""How many messages a second leave when everybody is due at once, and what does a message cost?

The whole road on one stack: people write to all bots and are due behind the emergency stop; when it is released, two
pollers send to everyone. Two herds: fifty bots that may send a thousand messages a second each, and sixty bots at the
usual pace, under Telegram's limits. After each herd aiogram alone sends as many messages to the same chats, in loops.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import msgspec

from bench.harness.arguments import whole
from bench.harness.pace import RATE
from bench.harness.question import Given, Question, on_stack
from bench.harness.scene import Scene, whole_scene
from bench.harness.stack import Stack
from bench.questions.send.aiogram_alone import Done, Job
from bench.questions.send.figures import Herd
from bench.questions.send.herd import UNLIMITED, gather, release
from bench.questions.send.report import Compared, Outcome
from engine.core.errors import RecoveryError

_TEXT: Final = "Still there?"
_CAMPAIGN: Final = f"""\
threshold: 3s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["{_TEXT}"]
"""
_POLLERS: Final = 2
_CHATS: Final = 400
_HERDS: Final = {1_000: 50, RATE: 60}
"""How many bots there are at each pace."""


_ROUNDS: Final = 5


class Wanted(Given):
    pace: int | None
    chats: int
    rounds: int | None
    quick: bool

    @property
    def turns(self) -> int:
        return self.rounds or (1 if self.quick or self.pace else _ROUNDS)

    @property
    def herds(self) -> list[Herd]:
        paces = _HERDS if self.pace is None else (self.pace,)
        return [Herd(pace, _HERDS[pace], self.chats, limited=pace == RATE) for pace in paces]


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--pace", type=int, choices=list(_HERDS), help="messages a second and bot; without it, both")
    parser.add_argument("--chats", type=whole(10, 10_000), default=_CHATS, help="of each bot")
    parser.add_argument("--rounds", type=whole(1, 50), help=f"of both in turn; {_ROUNDS} by default, 1 of one pace")
    parser.add_argument("--quick", action="store_true", help="one round")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    most = max(herd.bots for herd in given.herds)
    given.say(f"Starting {most} bots, {_POLLERS} pollers and what else it takes")
    async with AsyncExitStack() as contexts:
        scene = await whole_scene(stack, contexts, _CAMPAIGN, bots=most, people=1, pollers=_POLLERS)
        found: defaultdict[int, list[Compared]] = defaultdict(list)
        for herd in [herd for _ in range(given.turns) for herd in given.herds]:
            found[herd.pace].append(await _compare(scene, given, herd))
    return Outcome(found)


async def _compare(scene: Scene, given: Wanted, herd: Herd) -> Compared:
    given.say(f"{herd.messages} people write once, and fall silent")
    people = await gather(scene, herd)
    given.say("All of them are due now")
    found = await release(scene, herd)
    given.say("Aiogram alone sends to the same chats")
    await scene.sandbox.set_limits(UNLIMITED)
    return Compared(found, await _alone(scene, herd, people))


async def _alone(scene: Scene, herd: Herd, people: Sequence[int]) -> Done:
    """Raises RecoveryError if it fails."""
    tokens = [bot.token for bot in scene.bots[: herd.bots]]
    job = scene.stack.directory / "aiogram.json"
    job.write_bytes(msgspec.json.encode(Job(scene.stack.env["TELEGRAM_API_URL"], tokens, list(people), _TEXT)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.questions.send.aiogram_alone", str(job), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise RecoveryError("Aiogram alone failed: its error is above.")
    return msgspec.json.decode(printed, type=Done)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

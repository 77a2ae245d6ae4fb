"""Does the engine send what the rules say, to every chat, for a month of people and edits?

Its scripts, statements and decisions run on a virtual clock that goes from minute to minute. By a seeded plan people
write, pay, block, opt out and return; admins edit, pause and stop; and the clocks of both bots' zones change. Every
send, skip and end is compared with an oracle that shares no code with the engine.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from bench.harness.arguments import whole
from bench.harness.planted_bots import plant
from bench.harness.question import Given, Question, on_stack
from bench.harness.stack import Stack
from bench.harness.stores import open_stores
from bench.questions.simulate import plan, record
from bench.questions.simulate.campaign import DAY_MS
from bench.questions.simulate.judge import judge
from bench.questions.simulate.report import Outcome
from bench.questions.simulate.story import Story, in_utc
from bench.questions.simulate.world import World

_MOST_DAYS: Final = 60
_MOST_CHATS: Final = 5_000
_TOLD_DAYS: Final = 5
_QUICK_COMMITS = (
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit TO off', current_database()); END $$"
)
"""Nothing is killed here, so no commit needs to reach the disk."""


class Wanted(Given):
    days: int
    chats: int
    seed: int


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--days", type=whole(1, _MOST_DAYS), default=30, help="of the virtual clock")
    parser.add_argument("--chats", type=whole(len(plan.ZONES), _MOST_CHATS), default=300, help="of all bots")
    parser.add_argument("--seed", type=int, default=7, help="decides who does what and when")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    story = plan.write(given.chats, given.days, given.seed)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    infos = await plant(stack.settings, len(plan.ZONES))
    async with open_stores(stack.settings) as (_, pool):
        await pool.execute(_QUICK_COMMITS)
    async with open_stores(stack.settings) as (client, pool):
        world = World(stack.settings, pool, client, infos, story)
        try:
            await world.open()
            await world.live(_day_teller(given, story))
            verdict = judge(story, await record.read(pool, world.wire.messages))
        finally:
            await world.close()
    return Outcome(given.days, given.seed, given.chats, len(story.acts), len(story.edits), verdict)


def _day_teller(given: Wanted, story: Story) -> Callable[[int], None]:
    def tell(at_ms: int) -> None:
        if (at_ms - story.begins_ms) % (_TOLD_DAYS * DAY_MS) == 0:
            given.say(f"It is {in_utc(at_ms)} UTC")

    return tell


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

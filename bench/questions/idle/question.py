"""What does an armed chat cost while nothing is due?

Many bots with many chats, armed through the real receiver, whose timers are an hour ahead. The bench measures what the
engine does nevertheless: commands to Redis, transactions of PostgreSQL, requests to Telegram, CPU and memory.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import psutil

from bench.harness import process_usage
from bench.harness.arguments import whole
from bench.harness.arm_chats import arm, come_to_rest
from bench.harness.campaign_at_rest import AT_REST
from bench.harness.engine_counts import EngineCounts, engine_counts
from bench.harness.question import Given, Question, on_stack
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.questions.idle.figures import Figures, Reading, changed, figures
from bench.questions.idle.report import Outcome
from bench.questions.idle.traffic import listening
from bench.sandbox.client import SandboxClient
from engine.poller.lanes import HEARD_BY_MS

_MOST_BOTS: Final = 200
_MOST_CHATS: Final = 10_000
_MOST_SHARDS: Final = 8
_LONGEST_S: Final = 3_600
_SECONDS: Final = 30
_QUICK_SECONDS: Final = 10
_SLACK_S: Final = 5.0
"""By then the pollers have looked once for people who came before they heard of the activation."""


class Wanted(Given):
    bots: int
    chats: int
    shards: int
    seconds: int | None
    quick: bool

    @property
    def window_s(self) -> int:
        return self.seconds or (_QUICK_SECONDS if self.quick else _SECONDS)


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=50)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=200, help="of each bot")
    parser.add_argument("--shards", type=whole(1, _MOST_SHARDS), default=2)
    parser.add_argument("--seconds", type=whole(1, _LONGEST_S), help=f"how long to measure; {_SECONDS} by default")
    parser.add_argument("--quick", action="store_true", help=f"measure for {_QUICK_SECONDS} s")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    given.say(f"Starting the sandbox, {given.bots} bots, the receiver and {given.shards} pollers")
    ready = stack.start_sandbox(given.bots, seed=0)
    await give_campaign(stack.settings, ready.bots, AT_REST)
    heard_by = time.monotonic() + HEARD_BY_MS / 1000 + _SLACK_S
    stack.start_receiver()
    await stack.set_shards(given.shards)
    pollers = [stack.start_poller(shard) for shard in range(given.shards)]
    bots, chats = [bot.id for bot in ready.bots], given.bots * given.chats
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        counts = await contexts.enter_async_context(engine_counts(stack.settings, bots))
        await until_ready(stack, client, counts.whole, bots, pollers)
        given.say(f"{chats} people write once")
        await arm(client, bots, given.chats)
        await come_to_rest(stack, client, counts, chats)
        await asyncio.sleep(max(0.0, heard_by - time.monotonic()))
        given.say(f"Everything is at rest. Measuring for {given.window_s} s")
        return Outcome(given.bots, chats, given.shards, await _measure(stack, client, counts, given.window_s))


async def _measure(stack: Stack, client: SandboxClient, counts: EngineCounts, seconds: int) -> Figures:
    processes = process_usage.processes(stack.pids)
    cursor, versions = (await client.record()).cursor, await counts.versions()
    async with listening(stack.settings) as traffic:
        before = await _read(counts, processes)
        await asyncio.sleep(seconds)
        after = await _read(counts, processes)
    stack.check_alive()
    record = await client.record(cursor)
    moved = changed(versions, await counts.versions())
    return figures(before, after, traffic, [*record.rows, *record.open], moved)


async def _read(counts: EngineCounts, processes: dict[str, psutil.Process]) -> Reading:
    return Reading(
        time.time_ns() // 1_000_000,
        {name: process_usage.use(process) for name, process in processes.items()},
        process_usage.ports(processes),
        await counts.transactions(),
    )


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

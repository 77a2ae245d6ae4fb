"""Does every bot keep its pace, without slowing the others, when all their chats are due at once?

The chats fall silent behind the emergency stop; when it is released, all of them are due. The sandbox limits bots as
Telegram does: its limit is as far above their pace as Telegram's is above the usual pace. Three bots in turn are
refused for twenty seconds each.

Fifty bots at the usual pace of 25 messages a second are too much for two cores on which the sandbox, PostgreSQL and
Valkey run as well. So the pace is set to what the cores can handle with room to spare.
"""

import argparse
import asyncio
import math
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

import psutil

from bench.harness import emergency_stop, process_usage
from bench.harness.arguments import whole
from bench.harness.arm_chats import arm, come_to_rest
from bench.harness.engine_counts import engine_counts
from bench.harness.pace import RATE
from bench.harness.question import Given, Question, on_stack, parse_given
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.questions.burst.judge import Burst, Window, judge
from bench.questions.burst.report import Outcome
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Fault, FaultKind, LimitRules
from engine.core.delivery.rate_limit import FREE_MOST

_MOST_BOTS: Final = 200
_MOST_CHATS: Final = 10_000
_MOST_POLLERS: Final = 8
_REFUSED_S: Final = 20
_APART_S: Final = 20
_REFUSED_BOTS: Final = 3
_LEAST_S: Final = _REFUSED_BOTS * (_REFUSED_S + _APART_S)
"""How long a burst must last at least, so that there is time without refusals as well."""
_PATIENCE: Final = 2
_SLACK_S: Final = 60.0
_LOOK_S: Final = 0.5
_PROGRESS_S: Final = 10.0
_CAMPAIGN: Final = """\
threshold: 3s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--bots", type=whole(_REFUSED_BOTS + 1, _MOST_BOTS), default=50)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=1_000, help="of each bot")
    parser.add_argument("--pace", type=whole(1, RATE), default=5, help="messages a second and bot")
    parser.add_argument("--pollers", type=whole(1, _MOST_POLLERS), default=2, help="one for each shard")
    given = parse_given(parser, words)
    if given.chats < _LEAST_S * given.pace:
        parser.error(f"at this pace give at least {_LEAST_S * given.pace} chats: the burst must last {_LEAST_S} s")
    return given


async def _run(stack: Stack, given: Given) -> Outcome:
    given.say(f"Starting the sandbox, {given.bots} bots, the receiver and {given.pollers} pollers")
    ready = stack.start_sandbox(given.bots, 0, "--limits")
    await give_campaign(stack.settings, ready.bots, _CAMPAIGN)
    await emergency_stop.set_pace(stack.settings, ready.bots, given.pace)
    stack.start_receiver()
    await stack.set_shards(given.pollers)
    pollers = [stack.start_poller(shard) for shard in range(given.pollers)]
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        counts = await contexts.enter_async_context(engine_counts(stack.settings, bots))
        await client.set_limits(LimitRules(bot_per_second=_limit(given.pace)))
        await until_ready(stack, client, counts.whole, bots, pollers)
        await emergency_stop.stop(stack.settings)
        given.say(f"{given.bots * given.chats} people write once, and fall silent")
        await arm(client, bots, given.chats)
        await come_to_rest(stack, client, counts, given.bots * given.chats)
        return await _release(stack, client, bots, given)


async def _release(stack: Stack, client: SandboxClient, bots: Sequence[int], given: Given) -> Outcome:
    given.say(f"All chats are due now; the burst lasts {given.chats // given.pace} s")
    processes = process_usage.processes(stack.pids)
    cursor = (await client.record()).cursor
    used_s, began_s = _used_s(processes), time.monotonic()
    since_ms = await emergency_stop.resume(stack.settings)
    burst = Burst(bots, given.chats, given.pace, since_ms, _windows(bots, since_ms))
    await _plant(client, burst.windows)
    await _until_sent(stack, client, burst, given)
    cores = os.cpu_count() or 1
    busy = (_used_s(processes) - used_s) / (time.monotonic() - began_s) / cores
    verdict = judge((await client.record(cursor)).rows, burst)
    return Outcome(burst, verdict, (await client.violations()).count, cores, busy)


def _windows(bots: Sequence[int], since_ms: int) -> list[Window]:
    """One after the other, each after a time without refusals."""
    starts = [since_ms + 1000 * (_APART_S + place * (_REFUSED_S + _APART_S)) for place in range(_REFUSED_BOTS)]
    return [Window(bot, start, start + 1000 * _REFUSED_S) for bot, start in zip(bots, starts, strict=False)]


async def _plant(client: SandboxClient, windows: Sequence[Window]) -> None:
    for bot, from_ms, until_ms in windows:
        refusal = Fault(FaultKind.TOO_MANY_REQUESTS, bot=bot, method="sendMessage", from_ms=from_ms, until_ms=until_ms)
        await client.set_fault(refusal)


async def _until_sent(stack: Stack, client: SandboxClient, burst: Burst, given: Given) -> None:
    """Until every chat was sent to, or until so much time has passed that the rest is lost."""
    owed, fair_s = len(burst.bots) * burst.chats, burst.chats / burst.rate
    give_up = time.monotonic() + _PATIENCE * fair_s + _SLACK_S
    shown_s = time.monotonic()
    while (sent := (await client.counters()).messages) < owed and time.monotonic() < give_up:
        stack.check_alive()
        if time.monotonic() - shown_s > _PROGRESS_S:
            given.say(f"{sent} of {owed} sent")
            shown_s = time.monotonic()
        await asyncio.sleep(_LOOK_S)


def _limit(rate: int) -> int:
    return math.ceil(rate * FREE_MOST / RATE)


def _used_s(processes: Mapping[str, psutil.Process]) -> float:
    return sum(process_usage.use(process).cpu_s for process in processes.values())


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

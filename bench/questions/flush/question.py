"""How long does it take until all goes on after Redis was emptied, and is anything lost?

A million chats are armed, and `FLUSHALL` takes all timers away. In the 30 seconds before that and while the timers are
rebuilt, one person in ten writes, each of whom would have been nudged soon afterwards; and some silences end. Sends are
answered at once: what is asked is whom the engine nudges and when, not how fast Telegram is.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple

from bench.harness import observations
from bench.harness.arguments import whole
from bench.harness.beside import beside
from bench.harness.observations import Observed
from bench.harness.question import Given, Question, on_stack
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.harness.stores import armed_timers, open_stores, timers_are_whole
from bench.questions.flush.judge import Chat, Facts, judge
from bench.questions.flush.plan import BOTS, THRESHOLD_MS, WRITING_BEFORE_S, Plan, of_bot, seen_ms
from bench.questions.flush.planted import DUE_FROM, RESTING_FROM, Planted
from bench.questions.flush.report import Outcome
from bench.questions.flush.writing import Writing
from bench.sandbox.client import SandboxClient
from engine.core.errors import RecoveryError
from storage.redis import keys
from storage.redis.client import Redis
from storage.redis.timers import Timers

_POLLERS: Final = 2
_QUICK: Final = 50_000
_FEWEST_CHATS: Final = 10_000
_MOST_CHATS: Final = 10_000_000
_ARMED_IN_S: Final = 15.0
"""The writers and those who are due are armed within this time, before the first one writes."""
_PATIENCE_S: Final = 240.0
_LOOK_S: Final = 0.1
_CAMPAIGN: Final = f"""\
threshold: {THRESHOLD_MS}ms
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""


class _Given(Given):
    quick: bool
    chats: int | None

    @property
    def plan(self) -> Plan:
        return Plan(self.chats or (_QUICK if self.quick else 1_000_000))


class _Ground(NamedTuple):
    stack: Stack
    client: SandboxClient
    redis: Redis
    bots: Sequence[int]
    pollers: Sequence[str]
    plan: Plan


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--chats", type=whole(_FEWEST_CHATS, _MOST_CHATS), help="in all; by default a million")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} chats")
    return parser.parse_args(words, _Given())


async def _run(stack: Stack, given: _Given) -> Outcome:
    ready = stack.start_sandbox(BOTS, 0)
    await give_campaign(stack.settings, ready.bots, _CAMPAIGN)
    async with AsyncExitStack() as contexts:
        redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        bots = [bot.id for bot in ready.bots]
        planted = Planted(pool, Timers(redis), bots, given.plan)
        await planted.activate_long_ago()
        stack.start_receiver()
        await stack.set_shards(_POLLERS)
        pollers = [stack.start_watched_poller(shard, null_sender=True) for shard in range(_POLLERS)]
        await until_ready(stack, client, lambda: timers_are_whole(redis, bots), bots, pollers)
        return await _measure(_Ground(stack, client, redis, bots, pollers, given.plan), planted, given)


async def _measure(ground: _Ground, planted: Planted, given: _Given) -> Outcome:
    plan, latest_ms = ground.plan, _now_ms()
    given.say(f"Arming {plan.resting} chats that rest")
    await planted.rest(latest_ms)
    people = [person.id for person in await ground.client.add_people(plan.writers)]
    planned_ms = _now_ms() + round(1000 * (_ARMED_IN_S + WRITING_BEFORE_S))
    await planted.others(people, planned_ms)
    await _until(planned_ms - 1000 * WRITING_BEFORE_S)
    given.say(f"{plan.writers} people write; in {WRITING_BEFORE_S} s Redis is emptied")
    writing = Writing(ground.client, ground.bots, people, plan)
    async with beside(task := asyncio.create_task(writing.run())):
        await _until(planned_ms)
        chats = sum((await armed_timers(ground.redis, ground.bots)).values())
        await ground.redis.flushall()
        emptied_ms = _now_ms()
        whole_s = await _until_whole(ground)
        given.say(f"The timers are whole again after {whole_s:.1f} s; waiting for the last of those who are due")
        await task
    written = await writing.until_taken_in()
    await _until_nudged(ground, planted)
    facts = Facts(
        emptied_ms,
        _due(ground, planned_ms),
        written,
        _resting(ground, latest_ms),
        await _observed(ground),
        {bot: await _armed(ground.redis, bot) for bot in ground.bots},
    )
    return Outcome(chats, len(written), len(ground.bots), whole_s, judge(facts))


async def _until(moment_ms: int) -> None:
    """Raises RecoveryError if it is past."""
    if (wait_ms := moment_ms - _now_ms()) < 0:
        raise RecoveryError(f"Arming took {-wait_ms} ms too long: ask again with fewer chats.")
    await asyncio.sleep(wait_ms / 1000)


async def _until_whole(ground: _Ground) -> float:
    """Gives how long that took. Raises RecoveryError if it takes too long."""
    began_s = time.monotonic()
    while not await timers_are_whole(ground.redis, ground.bots):
        ground.stack.check_alive()
        if time.monotonic() - began_s > _PATIENCE_S:
            raise RecoveryError(f"The timers were not rebuilt within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)
    return time.monotonic() - began_s


async def _until_nudged(ground: _Ground, planted: Planted) -> None:
    """Whoever was not nudged after the patience is lost."""
    give_up = time.monotonic() + _PATIENCE_S
    while await planted.nudged() < ground.plan.due and time.monotonic() < give_up:
        ground.stack.check_alive()
        await asyncio.sleep(_LOOK_S)


async def _observed(ground: _Ground) -> list[Observed]:
    """Stops the pollers, which then write down what they saw. Raises RecoveryError if one does not stop."""
    for name in ground.pollers:
        await ground.stack.stop(name)
    return [one for name in ground.pollers for one in observations.read(ground.stack.observations_of(name))]


async def _armed(redis: Redis, bot: int) -> dict[int, int]:
    timers: Any = await redis.zrange(keys.of_bot(bot).timers, 0, -1, withscores=True)
    return {int(chat): int(score) for chat, score in timers}


def _due(ground: _Ground, planned_ms: int) -> dict[Chat, int]:
    plan = ground.plan
    return {
        (bot, DUE_FROM + number): planned_ms + plan.due_ms(number)
        for place, bot in enumerate(ground.bots)
        for number in of_bot(place, plan.due)
    }


def _resting(ground: _Ground, latest_ms: int) -> dict[int, dict[int, int]]:
    return {
        bot: {
            RESTING_FROM + number: seen_ms(number, latest_ms) + THRESHOLD_MS
            for number in of_bot(place, ground.plan.resting)
        }
        for place, bot in enumerate(ground.bots)
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

"""How many touches a second does one process reach: in lists, and by single awaits?

A touch re-arms the timer of a chat that has one. The doors of the engine take turns with the script alone, sent by a
bare connection that has prepared every byte, and with a bare ZADD. The sum of a single await is the same touch with
its bookkeeping: the wait for PostgreSQL and the signs to repeat are kept as in a receiver. What is written behind is
written after all turns, and timed by itself.
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from bench.harness import process_usage
from bench.harness.arguments import whole
from bench.harness.bare_redis import bare_redis
from bench.harness.planted_bots import plant
from bench.harness.question import Given, Question
from bench.harness.rounds import Contestant, Meters, interleave
from bench.harness.stack import Stack, running_stack
from bench.harness.stores import open_stores
from bench.questions.touch.contestants import THRESHOLD_MS, Bare, Lists, Single, arm, raw_touches, shuffled, zadds
from bench.questions.touch.report import CALLERS, LISTS, OURSELVES, RAW, SERVER, ZADD, Outcome
from engine.chats.activity import Activity
from engine.runtime.resources import tune_garbage_collection
from storage.postgres.pool import Pool
from storage.postgres.receiver_bots import Watched
from storage.redis.timers import Timers

_SEED: Final = 16
_FEWEST_CHATS: Final = max(CALLERS.values())
"""Each caller has a chat of its own."""
_MOST_CHATS: Final = 10_000_000
_ROUNDS: Final = 5
_QUICK_ROUNDS: Final = 3
_TURN_S: Final = 3.0
_QUICK_TURN_S: Final = 0.6


class _Given(Given):
    chats: int
    quick: bool


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--chats", type=whole(_FEWEST_CHATS, _MOST_CHATS), default=100_000, help="that are armed")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROUNDS} short rounds instead of {_ROUNDS}")
    return parser.parse_args(words, _Given())


def _ask(given: _Given, directory: Path) -> Outcome:
    given.say("Starting Valkey, PostgreSQL and the tables")
    with running_stack(directory) as stack:
        return uvloop.run(_run(stack, given))


async def _run(stack: Stack, given: _Given) -> Outcome:
    (bot,) = await plant(stack.settings, 1)
    chats = shuffled(given.chats, _SEED)
    async with AsyncExitStack() as contexts:
        client, pool = await contexts.enter_async_context(open_stores(stack.settings))
        connection = await contexts.enter_async_context(bare_redis(stack.settings.redis_url))
        timers = Timers(client)
        watched = Watched(bot.id, bot.username, b"", THRESHOLD_MS)
        activity = Activity(pool, timers, {bot.id: watched}.get, room=2 * len(chats) + 2)
        given.say(f"Arming {len(chats)} chats")
        await arm(timers, bot.id, chats)
        for_s = _QUICK_TURN_S if given.quick else _TURN_S
        contestants: dict[str, Contestant] = {
            RAW: Bare(connection, await raw_touches(connection, bot.id, chats), for_s),
            ZADD: Bare(connection, zadds(chats), for_s),
            LISTS: Lists(timers, bot.id, chats, for_s),
            **{name: Single(activity, bot.id, chats, callers, for_s) for name, callers in CALLERS.items()},
        }
        tune_garbage_collection()
        rounds = _QUICK_ROUNDS if given.quick else _ROUNDS
        given.say(f"{rounds} rounds of {len(contestants)} contestants, {for_s} s each")
        turns = await interleave(contestants, rounds, _meters())
        return Outcome(len(chats), turns, await _write_behind(activity, pool))


def _meters() -> Meters:
    server = process_usage.processes({})[SERVER]
    return {OURSELVES: time.process_time, SERVER: partial(process_usage.cpu_s_of, server)}


async def _write_behind(activity: Activity, pool: Pool) -> float:
    """How many chats a second PostgreSQL takes, once the touches are over."""
    began_s = time.perf_counter()
    await activity.flush()
    wall_s = time.perf_counter() - began_s
    return int(await pool.fetchval("SELECT count(*) FROM chats")) / wall_s


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

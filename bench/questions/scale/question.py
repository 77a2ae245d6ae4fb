"""Are touches and claims as fast with millions of armed chats, many bots and several shards?

All chats are in one server, and the sizes take turns. A claim is settled at once, as due again, so that no chat is
used up; what PostgreSQL adds to it is asked by other questions. Then very many timers of ten bots are due in the same
second: how long does any script hold the server while they drain, and how long do touches wait meanwhile?
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
import uvloop

from bench.harness.freeing import flush
from bench.harness.question import Given, Question
from bench.harness.rounds import Contestant, Turn, interleave
from bench.questions.scale.armed import Fires, Touches, arm, bot_ids
from bench.questions.scale.herd import drain
from bench.questions.scale.report import FIRE, TOUCH, Outcome, Plan
from bench.questions.scale.worker import Work
from bench.questions.scale.workers import run_together
from engine.local.servers.servers import temporary_servers
from storage.redis.client import Redis, open_redis
from storage.redis.timers import Timers

_FULL: Final = Plan((10_000, 100_000, 1_000_000), (1, 10, 100, 1_000), (1, 2, 4), 1_000_000, rounds=3, turn_s=1.0)
_QUICK: Final = Plan((10_000, 100_000), (1, 10, 100), (1, 2), 100_000, rounds=3, turn_s=0.3)
_MOST_CHATS: Final = 10_000_000
_ROOM_A_CHAT: Final = 400
_DUE: Final = 5_000
_OVER_BOTS: Final = 100_000
_HERD_BOTS: Final = 10


class _Given(Given):
    quick: bool

    @property
    def plan(self) -> Plan:
        return _QUICK if self.quick else _FULL


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--quick", action="store_true", help="short rounds, and at most 100,000 chats")
    return parser.parse_args(words, _Given())


def _ask(given: _Given, _: Path) -> Outcome:
    with temporary_servers(postgres=False) as servers:
        return uvloop.run(_run(servers.redis_url, given))


async def _run(url: str, given: _Given) -> Outcome:
    plan, client = given.plan, open_redis(url)
    timers = Timers(client)
    by_size = await _by_size(client, timers, given)
    by_bots = await _by_bots(client, timers, given)
    given.say("Several processes claim side by side")
    by_shards = {shards: await _by_shards(url, shards, plan) for shards in plan.shards}
    await flush(client)
    given.say(f"{plan.herd} timers are due in the same second")
    herd = await drain(url, bot_ids(0, _HERD_BOTS), plan.herd)
    await client.aclose()
    return Outcome(by_size, by_bots, by_shards, herd)


async def _by_size(client: Redis, timers: Timers, given: _Given) -> dict[str, list[Turn]]:
    contestants: dict[str, Contestant] = {}
    fits = not given.quick and psutil.virtual_memory().available > _MOST_CHATS * _ROOM_A_CHAT
    for place, chats in enumerate([*given.plan.sizes, *([_MOST_CHATS] if fits else [])]):
        given.say(f"Arming {chats} chats of one bot")
        contestants |= await _contestants(client, timers, str(chats), bot_ids(place, 1), chats, given.plan.turn_s)
    return await interleave(contestants, given.plan.rounds, {})


async def _by_bots(client: Redis, timers: Timers, given: _Given) -> dict[str, list[Turn]]:
    contestants: dict[str, Contestant] = {}
    for count in given.plan.bots:
        given.say(f"Arming {_OVER_BOTS} chats of {count} bots")
        bots = bot_ids(_first(count), count)
        contestants |= await _contestants(client, timers, str(count), bots, _OVER_BOTS, given.plan.turn_s)
    return await interleave(contestants, given.plan.rounds, {})


async def _contestants(
    client: Redis, timers: Timers, name: str, bots: Sequence[int], chats: int, turn_s: float
) -> dict[str, Contestant]:
    await arm(client, timers, bots, chats, _DUE)
    return {
        f"{TOUCH} {name}": Touches(timers, bots, chats, _DUE, turn_s),
        f"{FIRE} {name}": Fires(timers, bots, turn_s),
    }


async def _by_shards(url: str, shards: int, plan: Plan) -> list[float]:
    """Claims a second of all processes together, round by round. Each has its share of the bots."""
    bots = bot_ids(_first(100), 100)
    works = [Work(url, "fire", bots[number::shards], plan.turn_s) for number in range(shards)]
    runs = [await run_together(works) for _ in range(plan.rounds)]
    return [sum(done.count / done.wall_s for done in run) for run in runs]


def _first(count: int) -> int:
    """The bots of one number have nothing to do with those of another."""
    return 10 * count


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

"""How many due timers a second do two pollers take from claim to committed delivery and settled timer?

The real poller processes, with a sender that answers at once, and bots whose pace never holds them up. Timers are armed
directly and are all due when the emergency stop is released. They take turns with the claim script alone and with the
same rows alone, on the same servers.
"""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, NamedTuple

import psutil

from bench.harness import emergency_stop, process_usage
from bench.harness.bare_redis import BareRedis, bare_redis
from bench.harness.cpu import used_s
from bench.harness.question import Given, Question, on_stack
from bench.harness.rounds import Contestant, Meters, Turn, interleave
from bench.harness.scene import Scene, null_scene
from bench.harness.stack import Stack
from bench.questions.fire.herd import Herd
from bench.questions.fire.raw import RawClaim, RawStatements
from bench.questions.fire.report import CLAIM, FIRE, STATEMENTS, Outcome
from engine.core.delivery.rate_limit import PAID_MOST
from storage.redis.timers import BATCH

_THRESHOLD_MS: Final = 1_000
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
_PARTS: Final = ("pollers", "valkey", "postgres")
_SENT: Final = "SELECT count(*) FROM recovery_deliveries WHERE status = 'sent' AND bot_id = ANY($1::bigint[])"


class _Given(Given):
    quick: bool


class _Length(NamedTuple):
    """`herd`: how many are due at once in a round, in whole lists."""

    rounds: int
    herd: int


_FULL: Final = _Length(5, 120 * BATCH)
_QUICK: Final = _Length(3, 24 * BATCH)
_WARM: Final = _Length(1, 4 * BATCH)
"""Not measured: plans are made for tables that are not empty, and statistics are there as after a minute of work."""


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK.rounds} small herds instead of {_FULL.rounds}")
    return parser.parse_args(words, _Given())


async def _run(stack: Stack, given: _Given) -> Outcome:
    length = _QUICK if given.quick else _FULL
    given.say(f"Starting {_BOTS} bots and {_POLLERS} pollers")
    async with AsyncExitStack() as contexts:
        scene = await null_scene(stack, contexts, _CAMPAIGN, threshold_ms=_THRESHOLD_MS, bots=_BOTS, pollers=_POLLERS)
        await emergency_stop.set_pace(stack.settings, scene.bots, PAID_MOST)
        connection = await contexts.enter_async_context(bare_redis(stack.settings.redis_url))
        await _play(scene, connection, _WARM, first=0)
        await scene.pool.execute("ANALYZE")
        given.say(f"{length.rounds} herds of {length.herd}, in turns with the servers alone")
        turns = await _play(scene, connection, length, first=_WARM.herd)
        sent = int(await scene.pool.fetchval(_SENT, scene.ids))
        return Outcome(_BOTS, _POLLERS, _WARM.herd + length.rounds * length.herd, sent, turns)


async def _play(scene: Scene, connection: BareRedis, length: _Length, *, first: int) -> dict[str, list[Turn]]:
    """`first`: the number of the first person who falls silent."""
    herd, claim = Herd(scene, length.herd, _THRESHOLD_MS, first), RawClaim(scene.redis, connection, length.herd)
    contestants: dict[str, Contestant] = {
        FIRE: herd,
        CLAIM: claim,
        STATEMENTS: RawStatements(scene.pool, scene.redis, length.herd),
    }
    turns = await interleave(contestants, length.rounds, _meters(scene), {FIRE: herd.gather, CLAIM: claim.arm})
    await herd.until_over()
    return turns


def _meters(scene: Scene) -> Meters:
    processes = process_usage.processes(scene.stack.pids)
    return {part: partial(_used_s, processes, part) for part in _PARTS}


def _used_s(processes: Mapping[str, psutil.Process], part: str) -> float:
    return used_s(processes)[part]


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

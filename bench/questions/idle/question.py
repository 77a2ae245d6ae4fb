"""`python -m bench idle`: what does an armed chat cost while nothing is due?

Many bots with many chats whose timers lie an hour ahead, armed through the real receiver. Measured is what the engine
does all the same: commands to Redis, transactions of PostgreSQL, requests to Telegram, processor and memory.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from bench.harness import process_usage
from bench.harness.arguments import whole
from bench.harness.arm_chats import arm, come_to_rest
from bench.harness.engine_counts import Registers, registers
from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, give_campaign, house
from bench.questions.idle.figures import Figures, Reading, changed, figures
from bench.questions.idle.report import Outcome
from bench.questions.idle.traffic import listening
from bench.sandbox.client import SandboxClient
from engine.core.errors import RecoveryError
from engine.poller.lanes import HEARD_BY_MS

_MOST_BOTS: Final = 200
_MOST_CHATS: Final = 10_000
_MOST_SHARDS: Final = 8
_LONGEST_S: Final = 3_600
_SLACK_S: Final = 5.0
"""By then the pollers have looked once for whoever came before the activation was heard of."""
_CAMPAIGN: Final = """\
threshold: 1h
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Nobody receives this"]
"""


def main(words: Sequence[str]) -> int:
    """0 if nothing moved that should have lain still."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench idle", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=50)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=200, help="of each bot")
    parser.add_argument("--shards", type=whole(1, _MOST_SHARDS), default=2)
    parser.add_argument("--seconds", type=whole(1, _LONGEST_S), default=30, help="how long it is measured")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="idle-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given))


async def _run(running: House, given: argparse.Namespace) -> Outcome:
    _say(f"Starting the sandbox, {given.bots} bots, the receiver and {given.shards} pollers")
    ready = running.begin_sandbox(given.bots, seed=0)
    await give_campaign(running.settings, ready.bots, _CAMPAIGN)
    heard_by = time.monotonic() + HEARD_BY_MS / 1000 + _SLACK_S
    running.begin_receiver()
    await running.share_among(given.shards)
    pollers = [running.begin_poller(shard) for shard in range(given.shards)]
    bots, chats = [bot.id for bot in ready.bots], given.bots * given.chats
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        seen = await stack.enter_async_context(registers(running.settings, bots))
        await until_ready(running, client, seen.whole, bots, pollers)
        _say(f"{chats} people write once")
        await arm(client, bots, given.chats)
        await come_to_rest(running, client, seen, chats)
        await asyncio.sleep(max(0.0, heard_by - time.monotonic()))
        _say(f"All lies still. Measuring for {given.seconds} s")
        return Outcome(given.bots, chats, given.shards, await _measure(running, client, seen, given.seconds))


async def _measure(running: House, client: SandboxClient, seen: Registers, seconds: int) -> Figures:
    processes = process_usage.processes(running.pids)
    cursor, versions = (await client.record()).cursor, await seen.versions()
    async with listening(running.settings) as traffic:
        before = await _read(seen, processes)
        await asyncio.sleep(seconds)
        after = await _read(seen, processes)
    running.check_alive()
    record = await client.record(cursor)
    moved = changed(versions, await seen.versions())
    return figures(before, after, traffic, [*record.rows, *record.open], moved)


async def _read(seen: Registers, processes: dict[str, psutil.Process]) -> Reading:
    return Reading(
        time.time_ns() // 1_000_000,
        {name: process_usage.use(process) for name, process in processes.items()},
        process_usage.ports(processes),
        await seen.transactions(),
    )


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

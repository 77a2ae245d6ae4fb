"""`python -m bench burst`: does every bot keep its pace, and leave the others theirs, when all is due at once?

The chats fall silent behind the emergency stop; when it is released, all of them are due. The sandbox limits bots as
Telegram does, as far above their pace as Telegram's limit is above the usual pace. Three bots in turn are refused for
twenty seconds each.

The usual pace of 25 a second for each of fifty bots is more than two cores carry, on which the sandbox, PostgreSQL and
Valkey run as well: so the pace is set to what they carry with room to spare.
"""

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from bench.harness import process_usage
from bench.harness.arguments import whole
from bench.harness.arm_chats import arm, come_to_rest
from bench.harness.engine_counts import registers
from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, give_campaign, house
from bench.questions.burst import gate
from bench.questions.burst.judge import Herd, Window, judge
from bench.questions.burst.report import Outcome
from bench.questions.exactly_once.pace import RATE
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Fault, FaultKind, LimitRules
from engine.core.delivery.rate_limit import FREE_MOST
from engine.core.errors import RecoveryError

_MOST_BOTS: Final = 200
_MOST_CHATS: Final = 10_000
_MOST_POLLERS: Final = 8
_REFUSED_S: Final = 20
_APART_S: Final = 20
_REFUSED_BOTS: Final = 3
_LEAST_S: Final = _REFUSED_BOTS * (_REFUSED_S + _APART_S)
"""How long a herd must last at least, so that there is a time without refusals as well."""
_PATIENCE: Final = 2
_SLACK_S: Final = 60.0
_LOOK_S: Final = 0.5
_TOLD_S: Final = 10.0
_CAMPAIGN: Final = """\
threshold: 3s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""


def main(words: Sequence[str]) -> int:
    """0 if everybody was sent to, no bot was refused or late, and no refused bot delayed another."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench burst", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--bots", type=whole(_REFUSED_BOTS + 1, _MOST_BOTS), default=50)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=1_000, help="of each bot")
    parser.add_argument("--pace", type=whole(1, RATE), default=5, help="messages a second and bot")
    parser.add_argument("--pollers", type=whole(1, _MOST_POLLERS), default=2, help="one a shard")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    given = parser.parse_args(words)
    if given.chats < _LEAST_S * given.pace:
        parser.error(f"at this pace give at least {_LEAST_S * given.pace} chats: the herd must last {_LEAST_S} s")
    return given


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="herd-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given))


async def _run(running: House, given: argparse.Namespace) -> Outcome:
    _say(f"Starting the sandbox, {given.bots} bots, the receiver and {given.pollers} pollers")
    ready = running.begin_sandbox(given.bots, 0, "--limits")
    await give_campaign(running.settings, ready.bots, _CAMPAIGN)
    await gate.set_pace(running.settings, ready.bots, given.pace)
    running.begin_receiver()
    await running.share_among(given.pollers)
    pollers = [running.begin_poller(shard) for shard in range(given.pollers)]
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        seen = await stack.enter_async_context(registers(running.settings, bots))
        await client.set_limits(LimitRules(bot_per_second=_limit(given.pace)))
        await until_ready(running, client, seen.whole, bots, pollers)
        await gate.shut(running.settings)
        _say(f"{given.bots * given.chats} people write once, and fall silent")
        await arm(client, bots, given.chats)
        await come_to_rest(running, client, seen, given.bots * given.chats)
        return await _let_go(running, client, bots, given)


async def _let_go(running: House, client: SandboxClient, bots: Sequence[int], given: argparse.Namespace) -> Outcome:
    _say(f"All are due now; the herd lasts {given.chats // given.pace} s")
    processes = process_usage.processes(running.pids)
    cursor = (await client.record()).cursor
    used_s, began_s = _used_s(processes), time.monotonic()
    since_ms = await gate.let_go(running.settings)
    herd = Herd(bots, given.chats, given.pace, since_ms, _windows(bots, since_ms))
    await _plant(client, herd.windows)
    await _until_sent(running, client, herd)
    cores = os.cpu_count() or 1
    busy = (_used_s(processes) - used_s) / (time.monotonic() - began_s) / cores
    verdict = judge((await client.record(cursor)).rows, herd)
    return Outcome(herd, verdict, (await client.violations()).count, cores, busy)


def _windows(bots: Sequence[int], since_ms: int) -> list[Window]:
    """One after the other, with as long a time before each."""
    starts = [since_ms + 1000 * (_APART_S + place * (_REFUSED_S + _APART_S)) for place in range(_REFUSED_BOTS)]
    return [Window(bot, start, start + 1000 * _REFUSED_S) for bot, start in zip(bots, starts, strict=False)]


async def _plant(client: SandboxClient, windows: Sequence[Window]) -> None:
    for bot, from_ms, until_ms in windows:
        refusal = Fault(FaultKind.TOO_MANY_REQUESTS, bot=bot, method="sendMessage", from_ms=from_ms, until_ms=until_ms)
        await client.set_fault(refusal)


async def _until_sent(running: House, client: SandboxClient, herd: Herd) -> None:
    """Until everybody was sent to, or for so long that the rest is lost."""
    owed, fair_s = len(herd.bots) * herd.chats, herd.chats / herd.rate
    give_up = time.monotonic() + _PATIENCE * fair_s + _SLACK_S
    told_s = time.monotonic()
    while (sent := (await client.counters()).messages) < owed and time.monotonic() < give_up:
        running.check_alive()
        if time.monotonic() - told_s > _TOLD_S:
            _say(f"{sent} of {owed} sent")
            told_s = time.monotonic()
        await asyncio.sleep(_LOOK_S)


def _limit(rate: int) -> int:
    return math.ceil(rate * FREE_MOST / RATE)


def _used_s(processes: Mapping[str, psutil.Process]) -> float:
    return sum(process_usage.use(process).cpu_s for process in processes.values())


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

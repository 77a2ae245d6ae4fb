"""What does a full sendMessage to the sandbox cost, compared with a bare handler of the same HTTP server?

The sandbox has its limits, its record and its checks on; the messages are spread over chats so that none has to wait.
The bare handler has a route, reads the form, and answers JSON that never changes. They take turns, round after round,
each in its own process. The figures are medians: of the requests a second, of the CPU time for a request, and of the
ratio within each pair of rounds.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec
import psutil
import uvloop

from bench.harness.arguments import whole
from bench.harness.question import Given, Question, parse_given
from bench.harness.stack import Ready
from bench.questions.sandbox_speed.load import Load, LoadError, request
from bench.questions.sandbox_speed.report import Outcome
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act
from engine.core.errors import RecoveryError
from engine.local.process import start, stop
from engine.local.wait import until_ready

_ROOT: Final = Path(__file__).parents[3]
# Without an engine, so that the page has nothing to query.
_ENV: Final = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DATABASE_URL"}}
_BOTS: Final = 400
_PEOPLE: Final = 50
_CONNECTIONS: Final = 16
_MESSAGE: Final = {
    "text": "Ainda com você! Ficou alguma <b>dúvida</b>?",
    "parse_mode": "HTML",
    "reply_markup": '{"inline_keyboard":[[{"text":"Ver oferta","callback_data":"offer:1"}]]}',
}


class Server(NamedTuple):
    url: str
    process: psutil.Process
    load: Load


class Round(NamedTuple):
    """What one server took for one round of requests."""

    wall_s: float
    cpu_s: float


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--rounds", type=whole(1, 100), default=9, help="of each server")
    parser.add_argument("--requests", type=whole(1000, 10_000), default=8000, help="in a round")
    return parse_given(parser, words)


def _ask(given: Given, logs: Path) -> Outcome:
    with ExitStack() as running:
        return uvloop.run(_run(given, logs, running))


async def _run(given: Given, logs: Path, running: ExitStack) -> Outcome:
    bare_log, log = logs / "bare.log", logs / "sandbox.log"
    bare = _start(running, bare_log, "bench.questions.sandbox_speed.bare")
    sandbox = _start(running, log, "bench.sandbox", "--bots", str(_BOTS), "--limits")
    bare_url = _first_line(bare, bare_log)
    ready = msgspec.json.decode(_first_line(sandbox, log), type=Ready)
    requests = await _requests(ready)
    async with Load(bare_url, _CONNECTIONS) as to_bare, Load(ready.api_url, _CONNECTIONS) as to_sandbox:
        servers = (
            Server(bare_url, psutil.Process(bare.pid), to_bare),
            Server(ready.api_url, psutil.Process(sandbox.pid), to_sandbox),
        )
        pairs = [await _pair(servers, requests, number, given.requests) for number in range(given.rounds + 1)]
    async with SandboxClient(ready.control_url) as client:
        counts = await client.counters()
    if counts.rejected or counts.violations:
        raise LoadError("The sandbox refused a valid call or saw a violation: the figures mean nothing.")
    return _outcome(pairs[1:], given.requests)


def _start(running: ExitStack, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    process = start([sys.executable, "-m", *arguments], log=log, cwd=_ROOT, env=_ENV, death_signal=signal.SIGKILL)
    running.callback(stop, process, signal.SIGTERM)
    return process


def _first_line(process: subprocess.Popen[bytes], log: Path) -> str:
    until_ready("The server", process, lambda: "\n" in log.read_text("utf-8"), log)
    return log.read_text("utf-8").partition("\n")[0]


async def _requests(ready: Ready) -> list[bytes]:
    """One for each chat, bot after bot, so that no bot and no chat exceeds its rate."""
    async with SandboxClient(ready.control_url) as client:
        people = [person.id for person in await client.add_people(_PEOPLE)]
        for person in people:
            await client.act([Act("start", bot.id, person) for bot in ready.bots])
    return [_request(bot.token, person) for person in people for bot in ready.bots]


def _request(token: str, person: int) -> bytes:
    content = urlencode({"chat_id": person, **_MESSAGE}).encode()
    return request(f"/bot{token}/sendMessage", "application/x-www-form-urlencoded", content)


async def _pair(servers: Sequence[Server], requests: list[bytes], number: int, count: int) -> tuple[Round, Round]:
    """One round of each server; they take turns in going first."""
    part = list(islice(requests * 2, number * count % len(requests), None))[:count]
    rounds = {}
    for server in servers if number % 2 else reversed(servers):
        rounds[server.url] = await _round(server, part)
    bare, sandbox = (rounds[server.url] for server in servers)
    return bare, sandbox


async def _round(server: Server, requests: Sequence[bytes]) -> Round:
    cpu_s, began_s = _cpu_s(server.process), time.perf_counter()
    await server.load.send(requests)
    wall_s = time.perf_counter() - began_s
    return Round(wall_s, _cpu_s(server.process) - cpu_s)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _outcome(pairs: Sequence[tuple[Round, Round]], count: int) -> Outcome:
    return Outcome(
        requests_per_s=round(statistics.median(count / sandbox.wall_s for _, sandbox in pairs)),
        cpu_us_per_request=round(statistics.median(1e6 * sandbox.cpu_s / count for _, sandbox in pairs), 1),
        bare_requests_per_s=round(statistics.median(count / bare.wall_s for bare, _ in pairs)),
        bare_cpu_us_per_request=round(statistics.median(1e6 * bare.cpu_s / count for bare, _ in pairs), 1),
        ratio_to_bare_handler=round(statistics.median(sandbox.cpu_s / bare.cpu_s for bare, sandbox in pairs), 2),
        rounds=len(pairs),
    )


QUESTION: Final = Question(__package__, __doc__, _parse, _ask, (RecoveryError, LoadError))

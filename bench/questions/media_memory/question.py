"""`python -m bench media-memory`: what does the poller's memory do while files of 1 and of 19 MiB go out to everybody?

A bot uploads a file once, streamed from the library, and sends it by its id from then on: so the memory may grow by
what a few pieces of a file take, and by nothing that depends on its size. Looked at twenty times a second, from when
the poller is there until the last file is sent.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from bench.harness.arguments import whole
from bench.harness.delivery_counts import Books, books
from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, give_campaign, house
from bench.questions.media_memory.report import Outcome
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act, BotInfo
from engine.core.errors import RecoveryError

_CAMPAIGN: Final = Path(__file__).with_name("campaign.yaml")
_MIB: Final = 2**20
_FILES: Final = {"small.bin": 1, "big.bin": 19}
"""In MiB."""
_MOST_BOTS: Final = 10
_MOST_CHATS: Final = 1_000
_PATIENCE_S: Final = 300.0
_LOOK_S: Final = 0.05


def main(words: Sequence[str]) -> int:
    """0 if the memory stayed below its bound, and each bot uploaded each file once."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench media-memory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=2)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=100, help="of each bot")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there, and the files")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="media-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given, _lay_out(logs)))


def _lay_out(directory: Path) -> Path:
    """Write campaign and files; gives where the campaign is."""
    for name, mib in _FILES.items():
        (directory / name).write_bytes(random.Random(name).randbytes(mib * _MIB))
    return Path(shutil.copy(_CAMPAIGN, directory))


async def _run(running: House, given: argparse.Namespace, campaign: Path) -> Outcome:
    _say(f"Starting the sandbox with {given.bots} bots, the receiver and the poller")
    ready = running.begin_sandbox(given.bots, 0, "--limits")
    await give_campaign(running.settings, ready.bots, campaign)
    running.begin_receiver()
    await running.share_among(1)
    poller = running.begin_poller(0)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        held = await stack.enter_async_context(books(running.settings, bots))
        await until_ready(running, client, held.whole, bots, [poller])
        async with _watched(running.pids[poller]) as seen:
            await _play(running, client, held, ready.bots, given.chats)
        return await _outcome(client, given, seen)


async def _play(running: House, client: SandboxClient, held: Books, bots: Sequence[BotInfo], chats: int) -> None:
    people = await client.add_people(chats)
    await client.act([Act("start", bot.id, person.id) for bot in bots for person in people])
    owed = len(bots) * chats * len(_FILES)
    _say(f"{owed} files are owed")
    give_up = time.monotonic() + _PATIENCE_S
    while await held.settled() < owed:
        running.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"After {_PATIENCE_S:.0f} s {await held.settled()} of {owed} files were dealt with.")
        await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def _watched(pid: int) -> AsyncIterator[list[int]]:
    """Bytes of memory, the first from before; the list grows while the block lasts."""
    process = psutil.Process(pid)
    seen = [process.memory_info().rss]

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            seen.append(process.memory_info().rss)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _outcome(client: SandboxClient, given: argparse.Namespace, seen: Sequence[int]) -> Outcome:
    rows = [row for row in (await client.record()).rows if row.method == "sendDocument" and row.ok]
    uploads = sum(row.uploads or 0 for row in rows)
    owed = given.bots * given.chats * len(_FILES)
    return Outcome(
        given.bots, given.chats, len(rows), owed, uploads, given.bots * len(_FILES), seen[0] / _MIB, max(seen) / _MIB
    )


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

"""How does the poller's memory grow while files of 1 and of 19 MiB go out to every chat?

A bot uploads a file once, streamed from the media library, and sends it by its id from then on. So the memory may grow
by a few chunks of a file, and must not depend on the file's size. It is read twenty times a second, from when the
poller is ready until the last file is sent.
"""

import argparse
import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.harness.arguments import whole
from bench.harness.delivery_counts import DeliveryCounts, delivery_counts
from bench.harness.question import Given, Question, on_stack, parse_given
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
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


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=2)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=100, help="of each bot")
    return parse_given(parser, words)


async def _run(stack: Stack, given: Given) -> Outcome:
    given.say(f"Starting the sandbox with {given.bots} bots, the receiver and the poller")
    ready = stack.start_sandbox(given.bots, 0, "--limits")
    await give_campaign(stack.settings, ready.bots, _write_campaign(stack.directory))
    stack.start_receiver()
    await stack.set_shards(1)
    poller = stack.start_poller(0)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        counts = await contexts.enter_async_context(delivery_counts(stack.settings, bots))
        await until_ready(stack, client, counts.whole, bots, [poller])
        async with _watching(stack.pids[poller]) as memory:
            await _send_all(stack, client, counts, ready.bots, given)
        return await _outcome(client, given, memory)


def _write_campaign(directory: Path) -> Path:
    """Writes the campaign and its files. Gives the campaign's path."""
    for name, mib in _FILES.items():
        (directory / name).write_bytes(random.Random(name).randbytes(mib * _MIB))
    return Path(shutil.copy(_CAMPAIGN, directory))


async def _send_all(
    stack: Stack, client: SandboxClient, counts: DeliveryCounts, bots: Sequence[BotInfo], given: Given
) -> None:
    people = await client.add_people(given.chats)
    await client.act([Act("start", bot.id, person.id) for bot in bots for person in people])
    owed = _owed(given)
    given.say(f"{owed} files are owed")
    give_up = time.monotonic() + _PATIENCE_S
    while await counts.settled() < owed:
        stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"{await counts.settled()} of {owed} files were dealt with within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def _watching(pid: int) -> AsyncIterator[list[int]]:
    """Bytes of memory: the first value is from before, the list grows while the block lasts."""
    process = psutil.Process(pid)
    memory = [process.memory_info().rss]

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            memory.append(process.memory_info().rss)

    looking = asyncio.create_task(look())
    try:
        yield memory
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _outcome(client: SandboxClient, given: Given, memory: Sequence[int]) -> Outcome:
    rows = [row for row in (await client.record()).rows if row.method == "sendDocument" and row.ok]
    uploads = sum(row.uploads or 0 for row in rows)
    return Outcome(
        given.bots,
        given.chats,
        len(rows),
        _owed(given),
        uploads,
        given.bots * len(_FILES),
        memory[0] / _MIB,
        max(memory) / _MIB,
    )


def _owed(given: Given) -> int:
    return int(given.bots * given.chats) * len(_FILES)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

"""`python -m bench message-kinds`: does every kind of message arrive as composed, once, and go when it has to?

One campaign with every kind of block, effect and button, in two languages, against a sandbox with Telegram's limits on.
Judged is what the chats show and what the sandbox recorded, against what was composed and what the engine holds.
"""

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.delivery_counts import Books, books
from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, give_campaign, house
from bench.questions.message_kinds.composed import Guest
from bench.questions.message_kinds.files import lay_out
from bench.questions.message_kinds.judge import Chat, Evidence, Turn, judge
from bench.questions.message_kinds.play import Play
from bench.questions.message_kinds.report import Outcome
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo, TranscriptMessage
from engine import campaign_file
from engine.administration import campaigns
from engine.campaign_file import NamedFiles
from engine.core.campaign.snapshot import Block, Snapshot
from engine.core.change import Change
from engine.core.errors import RecoveryError

_MOST_BOTS: Final = 10
_MOST_CHATS: Final = 1_000
_PATIENCE_S: Final = 120.0
_SLOWEST_PACE: Final = 5
_LOOK_S: Final = 0.25


def main(words: Sequence[str]) -> int:
    """0 if all is as it was composed."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench message-kinds", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=3)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=50, help="of each bot")
    parser.add_argument("--seed", type=int, default=0, help="decides who the bots are")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there, and the files")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="parade-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given, lay_out(logs)))


async def _run(running: House, given: argparse.Namespace, campaign: Path) -> Outcome:
    _say(f"Starting the sandbox with {given.bots} bots, the receiver and the poller")
    ready = running.begin_sandbox(given.bots, given.seed, "--limits")
    await give_campaign(running.settings, ready.bots, campaign)
    running.begin_receiver()
    await running.share_among(1)
    poller = running.begin_poller(0)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        held = await stack.enter_async_context(books(running.settings, bots))
        await until_ready(running, client, held.whole, bots, [poller])
        return await _parade(running, client, held, ready.bots, given.chats, _blocks(running, campaign))


async def _parade(
    running: House, client: SandboxClient, held: Books, bots: Sequence[BotInfo], chats: int, blocks: Sequence[Block]
) -> Outcome:
    play = Play(client, bots)
    guests = await play.begin(chats)
    owed = len(guests) * len(blocks)
    _say(f"{len(guests)} chats begin; {owed} blocks are owed")
    patience_s = _PATIENCE_S + owed / len(bots) / _SLOWEST_PACE
    await _until(running, lambda: _reached(held.settled, owed), patience_s, "all blocks were dealt with")
    await _pause(running, held, bots)
    turns = await play.end()
    _say(f"All have come. {len(turns)} people return or pay; what has to go goes, though the campaign is paused")
    await _until(running, lambda: _reached(held.returned, len(turns)), _PATIENCE_S, "all signs were taken in")
    await _until(running, lambda: _none(held.undone), _PATIENCE_S, "all was deleted and changed")
    _say("All is over. Judging")
    return await _judged(client, held, guests, turns, blocks)


async def _judged(
    client: SandboxClient, held: Books, guests: dict[Chat, Guest], turns: dict[Chat, Turn], blocks: Sequence[Block]
) -> Outcome:
    chats = {chat: (await client.transcript(*chat)).messages for chat in guests}
    counts = await client.counters()
    verdict = judge(
        blocks,
        Evidence(
            guests,
            turns,
            chats,
            await held.deliveries(),
            await _hashes(client, chats),
            (await client.record()).rows,
            (await client.violations()).listed,
        ),
    )
    fastest = max(bot.highest_per_second for bot in counts.bots)
    return Outcome(
        len(counts.bots), len(guests), verdict, counts.violations, counts.rejected, counts.unmodelled, fastest
    )


async def _hashes(client: SandboxClient, chats: dict[Chat, list[TranscriptMessage]]) -> dict[str, str]:
    """The hashes of all files that the chats show, by their unique ids."""
    shown = {one.media.file_unique_id for messages in chats.values() for one in messages if one.media}
    return {name: hashlib.sha256(await client.media(name)).hexdigest() for name in shown if name}


def _blocks(running: House, campaign: Path) -> list[Block]:
    """Those that everybody gets: the last step never comes."""
    snapshot: Snapshot = campaign_file.load(campaign, running.settings.min_threshold_ms, NamedFiles().hash_of)
    return [block for step in snapshot.steps[:-1] for block in step.blocks]


async def _pause(running: House, held: Books, bots: Sequence[BotInfo]) -> None:
    """Whoever returns would be waited for again, and get everything once more."""
    running.check_alive()
    for bot in bots:
        await campaigns.pause(held.pool, bot.username, Change("bench", time.time_ns() // 1_000_000))


async def _until(running: House, done: Callable[[], Awaitable[bool]], patience_s: float, what: str) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + patience_s
    while not await done():
        running.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"It took more than {patience_s:.0f} s until {what}: --logs DIR keeps the reasons.")
        await asyncio.sleep(_LOOK_S)


async def _reached(count: Callable[[], Awaitable[int]], owed: int) -> bool:
    return await count() >= owed


async def _none(count: Callable[[], Awaitable[int]]) -> bool:
    return not await count()


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

"""Does every kind of message arrive once, as composed, and change or go when it has to?

One campaign has every kind of block, effect and button, in two languages; the sandbox has Telegram's limits on. The
judge compares what the chats show and the sandbox recorded with what was composed and what the engine holds.
"""

import argparse
import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.delivery_counts import Chat, DeliveryCounts, delivery_counts
from bench.harness.question import Given, Question, on_stack, parse_given
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.questions.message_kinds.composed import Guest
from bench.questions.message_kinds.files import write_campaign
from bench.questions.message_kinds.judge import Comeback, Evidence, judge
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


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--bots", type=whole(1, _MOST_BOTS), default=3)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), default=50, help="of each bot")
    parser.add_argument("--seed", type=int, default=0, help="decides the names of the bots")
    return parse_given(parser, words)


async def _run(stack: Stack, given: Given) -> Outcome:
    given.say(f"Starting the sandbox with {given.bots} bots, the receiver and the poller")
    campaign = write_campaign(stack.directory)
    ready = stack.start_sandbox(given.bots, given.seed, "--limits")
    await give_campaign(stack.settings, ready.bots, campaign)
    stack.start_receiver()
    await stack.set_shards(1)
    poller = stack.start_poller(0)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        counts = await contexts.enter_async_context(delivery_counts(stack.settings, bots))
        await until_ready(stack, client, counts.whole, bots, [poller])
        return await _send_all(stack, client, counts, ready.bots, given, _blocks(stack, campaign))


async def _send_all(
    stack: Stack,
    client: SandboxClient,
    counts: DeliveryCounts,
    bots: Sequence[BotInfo],
    given: Given,
    blocks: Sequence[Block],
) -> Outcome:
    play = Play(client, bots)
    guests = await play.begin(given.chats)
    owed = len(guests) * len(blocks)
    given.say(f"{len(guests)} chats begin; {owed} blocks are owed")
    patience_s = _PATIENCE_S + owed / len(bots) / _SLOWEST_PACE
    await _until(stack, lambda: _reached(counts.settled, owed), patience_s, "all blocks to be dealt with")
    await _pause(stack, counts, bots)
    comebacks = await play.end()
    given.say(
        f"All blocks are sent. {len(comebacks)} people return or pay; deletions go on, though the campaign is paused"
    )
    await _until(stack, lambda: _reached(counts.returned, len(comebacks)), _PATIENCE_S, "all touches to be taken in")
    await _until(stack, lambda: _none(counts.pending_changes), _PATIENCE_S, "all deletions and edits")
    given.say("Everything is over. Judging")
    return await _judge(client, counts, guests, comebacks, blocks)


async def _judge(
    client: SandboxClient,
    counts: DeliveryCounts,
    guests: dict[Chat, Guest],
    comebacks: dict[Chat, Comeback],
    blocks: Sequence[Block],
) -> Outcome:
    chats = {chat: (await client.transcript(*chat)).messages for chat in guests}
    calls = await client.counters()
    verdict = judge(
        blocks,
        Evidence(
            guests,
            comebacks,
            chats,
            await counts.deliveries(),
            await _hashes(client, chats),
            (await client.record()).rows,
            (await client.violations()).listed,
        ),
    )
    fastest = max(bot.highest_per_second for bot in calls.bots)
    return Outcome(len(calls.bots), len(guests), verdict, calls.violations, calls.rejected, calls.unmodelled, fastest)


async def _hashes(client: SandboxClient, chats: dict[Chat, list[TranscriptMessage]]) -> dict[str, str]:
    """The hashes of all files in the chats, by their unique ids."""
    shown = {one.media.file_unique_id for messages in chats.values() for one in messages if one.media}
    return {name: hashlib.sha256(await client.media(name)).hexdigest() for name in shown if name}


def _blocks(stack: Stack, campaign: Path) -> list[Block]:
    """Those that every chat receives: the last step never comes."""
    snapshot: Snapshot = campaign_file.load(campaign, stack.settings.min_threshold_ms, NamedFiles().hash_of)
    return [block for step in snapshot.steps[:-1] for block in step.blocks]


async def _pause(stack: Stack, counts: DeliveryCounts, bots: Sequence[BotInfo]) -> None:
    """Without a pause, the people who return would fall silent again and receive everything once more."""
    stack.check_alive()
    for bot in bots:
        await campaigns.pause(counts.pool, bot.username, Change("bench", time.time_ns() // 1_000_000))


async def _until(stack: Stack, done: Callable[[], Awaitable[bool]], patience_s: float, what: str) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + patience_s
    while not await done():
        stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(
                f"Waiting for {what} took more than {patience_s:.0f} s. Run with --logs DIR to see why."
            )
        await asyncio.sleep(_LOOK_S)


async def _reached(count: Callable[[], Awaitable[int]], owed: int) -> bool:
    return await count() >= owed


async def _none(count: Callable[[], Awaitable[int]]) -> bool:
    return not await count()


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

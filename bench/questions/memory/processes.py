"""What a receiver and a poller need: empty, for each bot, and for each chat."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import psutil

from bench.harness import process_usage
from bench.harness.arm_chats import arm, come_to_rest
from bench.harness.campaign_at_rest import AT_REST
from bench.harness.engine_counts import engine_counts
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.sandbox.client import SandboxClient

_SETTLE_S: Final = 2.0
"""Until what only a start needs is over."""


class Weight(NamedTuple):
    """Resident bytes of one receiver and one poller."""

    bots: int
    receiver: int
    poller: int


class Weights(NamedTuple):
    """`by_bots`: at rest, without chats. `with_people`: the processes of one bot, once people have written to it."""

    by_bots: Sequence[Weight]
    people: int
    with_people: Weight


async def weigh_processes(stack: Stack, counts: Sequence[int], people: int, say: Callable[[str], None]) -> Weights:
    """`counts` begin with 0 and 1. Raises RecoveryError if a process fails."""
    ready = stack.start_sandbox(max(counts), 0)
    await stack.set_shards(1)
    by_bots: list[Weight] = []
    with_people = Weight(1, 0, 0)
    async with SandboxClient(ready.control_url) as client:
        for known, count in zip((0, *counts), counts, strict=False):
            say(f"A receiver and a poller serve {count} bots")
            await give_campaign(stack.settings, ready.bots[known:count], AT_REST)
            bots = [bot.id for bot in ready.bots[:count]]
            receiver, poller = stack.start_receiver(), stack.start_poller(0)
            await _until_ready(stack, client, bots, poller)
            by_bots.append(_weigh(stack, count, receiver, poller))
            if count == 1:
                say(f"{people} people write to one bot")
                await _write(stack, client, bots, people)
                with_people = _weigh(stack, count, receiver, poller)
            await stack.stop(poller)
            await stack.stop(receiver)
    return Weights(by_bots, people, with_people)


async def _until_ready(stack: Stack, client: SandboxClient, bots: Sequence[int], poller: str) -> None:
    async with engine_counts(stack.settings, bots) as counts:
        await until_ready(stack, client, counts.whole, bots, [poller])
    await asyncio.sleep(_SETTLE_S)


async def _write(stack: Stack, client: SandboxClient, bots: Sequence[int], people: int) -> None:
    async with engine_counts(stack.settings, bots) as counts:
        await arm(client, bots, people)
        await come_to_rest(stack, client, counts, people)


def _weigh(stack: Stack, bots: int, receiver: str, poller: str) -> Weight:
    return Weight(bots, *(process_usage.use(psutil.Process(stack.pids[name])).rss for name in (receiver, poller)))

"""Is every message that is owed sent exactly once and in time, and nothing else?

The bench starts servers, sandbox, receivers and pollers of its own, and stops them in any case. During the run it may
disturb them: kill or freeze a poller, kill or restart receivers, change the number of shards, take updates away, move
a slot of Redis and kill its node. The verdict rests on what the sandbox received, which has Telegram's limits on.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.harness.question import Question, on_stack
from bench.harness.ready import until_ready
from bench.harness.stack import Ready, Stack, give_campaign
from bench.questions.exactly_once import arguments, script
from bench.questions.exactly_once.arguments import Wanted
from bench.questions.exactly_once.deafen import deafen
from bench.questions.exactly_once.doubt import renewed
from bench.questions.exactly_once.evidence import Evidence, open_evidence
from bench.questions.exactly_once.finding import Finding
from bench.questions.exactly_once.freeze import freeze
from bench.questions.exactly_once.judge import Chat, JudgementError, judge
from bench.questions.exactly_once.kill import kill
from bench.questions.exactly_once.over import until_over
from bench.questions.exactly_once.play import Play
from bench.questions.exactly_once.report import Outcome
from bench.questions.exactly_once.reshard import reshard_to
from bench.questions.exactly_once.restart import restart_both
from bench.questions.exactly_once.scene import Disturbance, Scene
from bench.questions.exactly_once.second_reader import steal
from bench.questions.exactly_once.take_over import take_over
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Row
from engine.core.errors import RecoveryError


async def _run(stack: Stack, given: Wanted) -> Outcome:
    given.say(f"Starting the sandbox with {given.bots} bots, receivers and pollers")
    ready = stack.start_sandbox(given.bots, given.seed, "--limits")
    await give_campaign(stack.settings, ready.bots, script.CAMPAIGN)
    receivers = _start_receivers(stack, given)
    pollers = await _start_pollers(stack, given)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        seen = await contexts.enter_async_context(open_evidence(stack.settings, bots))
        if given.record:
            contexts.push_async_callback(_write_record, client, given.record)
        await until_ready(stack, client, seen.whole, bots, pollers)
        return await _measure(stack, given, ready, client, seen, receivers)


def _start_receivers(stack: Stack, given: Wanted) -> list[str]:
    if not given.webhook:
        return [stack.start_receiver()]
    stack.listen_for_webhooks()
    return [stack.start_receiver(), stack.start_receiver()]


async def _start_pollers(stack: Stack, given: Wanted) -> list[str]:
    await stack.set_shards(given.shards)
    return [
        stack.start_poller(shard, ahead=shard >= given.shards)
        for _ in range(1 + given.standbys)
        for shard in range(max(given.shards, given.reshard or 0))
    ]


async def _measure(
    stack: Stack, given: Wanted, ready: Ready, client: SandboxClient, seen: Evidence, receivers: Sequence[str]
) -> Outcome:
    parts = script.write(given.bots, given.chats, given.seed)
    people = await client.add_people(given.chats)
    cast: dict[Chat, script.Part] = {
        (bot.id, person.id): part
        for bot, cast_of_bot in zip(ready.bots, parts, strict=True)
        for person, part in zip(people, cast_of_bot, strict=True)
    }
    play = Play(client, cast)
    await play.begin()
    owed = script.expected(parts)
    given.say(f"{len(cast)} chats begin; about {owed} messages are owed")
    bots = tuple(bot.id for bot in ready.bots)
    scene = Scene(stack, play, seen, client, bots, owed, given.standbys, given.kill_poller)
    findings = await _play(scene, _disturbances(given, receivers))
    given.say(f"Everything is over: {play.answered} people have answered. Judging the sandbox's record")
    rows = await _record(client)
    silences = renewed(
        play.silences(), rows, {bot: doubt for finding in findings for bot, doubt in finding.doubts.items()}
    )
    verdict = judge(silences, rows, await seen.undecided())
    return Outcome(verdict, findings, (await client.violations()).count)


def _disturbances(given: Wanted, receivers: Sequence[str]) -> list[Disturbance]:
    """One after the other: none strikes while the engine recovers from another."""
    return [
        *([steal] if given.second_reader else []),
        *([reshard_to(given.reshard)] if given.reshard else []),
        *([deafen] if given.kill_receiver else []),
        *([kill] if given.kill_poller else []),
        *([restart_both((receivers[0], receivers[1]))] if given.webhook else []),
        *([freeze] if given.freeze_poller else []),
        *([take_over] if given.cluster else []),
    ]


async def _play(scene: Scene, disturbances: Sequence[Disturbance]) -> list[Finding]:
    """Runs until everything is over. Gives the findings of the disturbances."""
    acting = asyncio.create_task(scene.play.run())
    disturbing = asyncio.create_task(_one_by_one(scene, disturbances))
    async with _cancelled(acting, disturbing):
        await until_over(scene, acting, disturbing)
        return disturbing.result()


async def _one_by_one(scene: Scene, disturbances: Sequence[Disturbance]) -> list[Finding]:
    return [await disturb(scene) for disturb in disturbances]


@asynccontextmanager
async def _cancelled(*tasks: asyncio.Task[Any]) -> AsyncIterator[None]:
    """None of the tasks outlives the block."""
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _record(client: SandboxClient) -> list[Row]:
    record = await client.record()
    return sorted((*record.rows, *record.open), key=lambda row: row.seq)


async def _write_record(client: SandboxClient, path: Path) -> None:
    written = b"".join(msgspec.json.encode(row) + b"\n" for row in await _record(client))
    path.write_bytes(written)  # noqa: ASYNC240 - the run is over, nothing waits


QUESTION: Final = Question(
    __package__,
    __doc__,
    arguments.parse,
    on_stack(_run, on_cluster=lambda given: given.cluster),
    (RecoveryError, JudgementError),
)

"""`python -m bench exactly-once`: is every message that is owed sent once, in time, and no other?

It starts servers, sandbox, receivers and pollers of its own and ends them, however it ends. On the way it may disturb
them: kill or freeze a poller, change the number of shards, restart the receivers. What it says is judged by what the
sandbox received, which has Telegram's limits on.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, Ready, give_campaign, house
from bench.questions.exactly_once import arguments, script
from bench.questions.exactly_once.arguments import Given
from bench.questions.exactly_once.evidence import Evidence, evidence
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
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Row
from engine.core.errors import RecoveryError


def main(words: Sequence[str]) -> int:
    """0 if all promises were kept."""
    given = arguments.read(words, __doc__ or "")
    return tell(partial(_answer, given), RecoveryError, JudgementError, as_json=given.json)


def _answer(given: Given) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="first-light-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say(given, "Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given))


async def _run(running: House, given: Given) -> Outcome:
    _say(given, f"Starting the sandbox with {given.bots} bots, receivers and pollers")
    ready = running.begin_sandbox(given.bots, given.seed, "--limits")
    await give_campaign(running.settings, ready.bots, script.CAMPAIGN)
    receivers = _begin_receivers(running, given)
    pollers = await _begin_pollers(running, given)
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        seen = await stack.enter_async_context(evidence(running.settings, bots))
        if given.record:
            stack.push_async_callback(_write_record, client, given.record)
        await until_ready(running, client, seen.ready, bots, pollers)
        return await _measure(running, given, ready, client, seen, receivers)


def _begin_receivers(running: House, given: Given) -> list[str]:
    if not given.webhook:
        return [running.begin_receiver()]
    running.listen_for_webhooks()
    return [running.begin_receiver(), running.begin_receiver()]


async def _begin_pollers(running: House, given: Given) -> list[str]:
    await running.share_among(given.shards)
    return [
        running.begin_poller(shard, ahead=shard >= given.shards)
        for _ in range(1 + given.standbys)
        for shard in range(max(given.shards, given.reshard or 0))
    ]


async def _measure(
    running: House, given: Given, ready: Ready, client: SandboxClient, seen: Evidence, receivers: Sequence[str]
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
    _say(given, f"{len(cast)} chats begin; about {owed} messages are owed")
    bots = tuple(bot.id for bot in ready.bots)
    scene = Scene(running, play, seen, client, bots, owed, given.standbys, given.kill_poller)
    findings = await _play(scene, _disturbances(given, receivers))
    _say(given, f"All is over: {play.answered} have answered. Judging by the sandbox's record")
    verdict = judge(play.silences(), await _record(client), await seen.undecided())
    return Outcome(verdict, findings, (await client.violations()).count)


def _disturbances(given: Given, receivers: Sequence[str]) -> list[Disturbance]:
    """One after the other, so that none strikes while the engine recovers from another."""
    return [
        *([reshard_to(given.reshard)] if given.reshard else []),
        *([kill] if given.kill_poller else []),
        *([restart_both((receivers[0], receivers[1]))] if given.webhook else []),
        *([freeze] if given.freeze_poller else []),
    ]


async def _play(scene: Scene, disturbances: Sequence[Disturbance]) -> list[Finding]:
    """Until all is over; gives what the disturbances found."""
    acting = asyncio.create_task(scene.play.run())
    disturbing = asyncio.create_task(_one_by_one(scene, disturbances))
    async with _ended(acting, disturbing):
        await until_over(scene, acting, disturbing)
        return disturbing.result()


async def _one_by_one(scene: Scene, disturbances: Sequence[Disturbance]) -> list[Finding]:
    return [await disturb(scene) for disturb in disturbances]


@asynccontextmanager
async def _ended(*tasks: asyncio.Task[Any]) -> AsyncIterator[None]:
    """However the block ends, none of the tasks outlives it."""
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
    path.write_bytes(written)  # noqa: ASYNC240 - the run is over, nobody waits


def _say(given: Given, sentence: str) -> None:
    if not given.json:
        sys.stderr.write(f"{sentence} ...\n")

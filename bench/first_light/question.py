"""`python -m bench first-light`: is every message that is owed sent once, in time, and no other?

It starts servers, sandbox, receiver and poller of its own and ends them, however it ends. The end of a run is seen, not
guessed: all signs of life are acknowledged, no timer is armed, no episode is open, no delivery is left (but a
killed poller's in `sending`: those are given up long after). What it says is judged by what the sandbox received.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.first_light import script
from bench.first_light.evidence import Evidence, evidence
from bench.first_light.judge import Chat, JudgementError, judge
from bench.first_light.kill import kill_in_mid_run
from bench.first_light.play import Play
from bench.first_light.report import Outcome
from bench.first_light.stage import House, Ready, give_campaigns, house
from bench.sandbox.client import SandboxClient
from bench.sandbox.wire import Row
from engine.core.errors import RecoveryError

_PACE: Final = 25  # messages a second and bot, the default of the engine
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.25
_INTERRUPTED: Final = 130
_MOST_CHATS: Final = 5_000
_MOST_BOTS: Final = 10


def main(arguments: Sequence[str]) -> int:
    """0 if all promises were kept."""
    given = _arguments(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        outcome = _answer(given)
    except (RecoveryError, JudgementError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Broken off; nothing is left running.\n")
        return _INTERRUPTED
    print(msgspec.json.encode(outcome.as_json()).decode() if given.json else outcome.as_table())
    return 0 if outcome.holds else 1


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench first-light", description=__doc__)
    parser.add_argument("--json", action="store_true", help="nothing but one JSON object")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write every request that the sandbox received")
    parser.add_argument("--kill-poller", action="store_true", help="kill -9 it in mid-run, and start another")
    parser.add_argument("--bots", type=_from_one_to(_MOST_BOTS), default=3)
    parser.add_argument("--chats", type=_from_one_to(_MOST_CHATS), default=200, help="of each bot")
    parser.add_argument("--seed", type=int, default=0, help="decides who does what and when")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    return parser.parse_args(arguments)


def _from_one_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"give a whole number from 1 to {most}")
        return int(text)

    return number


def _answer(given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="first-light-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say(given, "Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, given))


async def _run(running: House, given: argparse.Namespace) -> Outcome:
    _say(given, f"Starting the sandbox with {given.bots} bots, the receiver and the poller")
    ready = running.begin_sandbox(given.bots, given.seed)
    await give_campaigns(running.settings, ready.bots)
    running.begin_receiver()
    running.begin_poller()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        seen = await stack.enter_async_context(evidence(running.settings, [bot.id for bot in ready.bots]))
        if given.record:
            stack.push_async_callback(_write_record, client, given.record)
        return await _measure(running, given, ready, client, seen)


async def _measure(
    running: House, given: argparse.Namespace, ready: Ready, client: SandboxClient, seen: Evidence
) -> Outcome:
    await _until_ready(running, client, seen, given.bots)
    parts = script.write(given.bots, given.chats, given.seed)
    people = await client.add_people(given.chats)
    cast: dict[Chat, script.Part] = {
        (bot.id, person.id): part
        for bot, cast_of_bot in zip(ready.bots, parts, strict=True)
        for person, part in zip(people, cast_of_bot, strict=True)
    }
    play = Play(client, cast)
    await play.begin()
    _say(given, f"{len(cast)} chats begin; about {script.expected(parts)} messages are owed")
    recovery = await _play(running, given, play, seen, client, script.expected(parts))
    _say(given, f"All is over: {play.answered} have answered. Judging by the sandbox's record")
    verdict = judge(play.silences(), await _record(client), await seen.undecided())
    return Outcome(verdict, recovery)


async def _play(
    running: House, given: argparse.Namespace, play: Play, seen: Evidence, client: SandboxClient, owed: int
) -> list[int] | None:
    """Until all is over; gives the waits of a killed poller's chats."""
    patience_s = _PATIENCE_S + 3 * owed / (_PACE * given.bots)
    acting = asyncio.create_task(play.run())
    killing = (
        asyncio.create_task(kill_in_mid_run(running, play, seen, client, owed // 3)) if given.kill_poller else None
    )
    tasks: list[asyncio.Task[Any]] = [acting, killing] if killing else [acting]
    try:
        await _until_over(running, play, seen, tasks, patience_s)
        return await killing if killing else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_ready(running: House, client: SandboxClient, seen: Evidence, bots: int) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not (await seen.ready() and len(await client.open_requests(bots, wait=_LOOK_S)) >= bots):
        running.check_alive()
        if time.monotonic() > give_up:
            words = "\n".join(running.last_words(name) for name in ("receiver", "poller"))
            raise RecoveryError(f"Receiver and poller were not ready within {_PATIENCE_S:.0f} s:\n{words}")
        await asyncio.sleep(_LOOK_S)


async def _until_over(
    running: House, play: Play, seen: Evidence, tasks: Sequence[asyncio.Task[Any]], patience_s: float
) -> None:
    """Raises RecoveryError if it takes longer, or if a process or a task fails."""
    give_up = time.monotonic() + patience_s
    killed = len(tasks) > 1
    while not await _over(play, seen, killed=killed):
        running.check_alive()
        for task in tasks:
            if task.done():
                task.result()
        if time.monotonic() > give_up:
            raise RecoveryError(f"It was not over within {patience_s:.0f} s: {await _left(play, seen)}.")
        await asyncio.sleep(_LOOK_S)


async def _over(play: Play, seen: Evidence, *, killed: bool) -> bool:
    if not play.started or play.unacknowledged or play.open:
        return False
    if await seen.armed() or await seen.open_episodes() or await seen.deliveries("scheduled"):
        return False
    return killed or not await seen.deliveries("sending")


async def _left(play: Play, seen: Evidence) -> str:
    return (
        f"{play.unacknowledged} signs of life are not acknowledged, {len(play.open)} sends are under way,"
        f" {await seen.armed()} timers are armed, {await seen.open_episodes()} episodes are open,"
        f" {await seen.deliveries('scheduled')} deliveries are scheduled, {await seen.deliveries('sending')} in sending"
    )


async def _record(client: SandboxClient) -> list[Row]:
    record = await client.record()
    return sorted((*record.rows, *record.open), key=lambda row: row.seq)


async def _write_record(client: SandboxClient, path: Path) -> None:
    written = b"".join(msgspec.json.encode(row) + b"\n" for row in await _record(client))
    path.write_bytes(written)  # noqa: ASYNC240 - the run is over, nobody waits


def _say(given: argparse.Namespace, sentence: str) -> None:
    if not given.json:
        sys.stderr.write(f"{sentence} ...\n")

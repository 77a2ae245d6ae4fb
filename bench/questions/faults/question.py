"""`python -m bench faults`: what comes of each fault of the wire, at each block of a step?

Every fault that the sandbox knows strikes a block of a text, a photo and a text, each in chats of its own. In the end
each chat in the sandbox is held against the deliveries: nothing twice, nothing stuck, no delivery that says what the
chat does not show. It takes some two minutes, most of them waiting: for answers that never come, and until a refused
token is believed.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.exit_status import tell
from bench.harness.ready import until_ready
from bench.harness.stack import House, Ready, give_campaign, house
from bench.questions.faults import script
from bench.questions.faults.cases import unforeseen
from bench.questions.faults.judge import Chat, aimed, judge, overlapping, tallies
from bench.questions.faults.ledger import Ledger, ledger
from bench.questions.faults.play import come, set_faults, until_over
from bench.questions.faults.report import Outcome
from bench.questions.faults.script import FEWEST_CHATS, Part
from bench.questions.faults.suspension import see_through
from bench.sandbox.client import SandboxClient
from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample
from engine.core.errors import RecoveryError

_MOST_CHATS: Final = 5_000


def main(words: Sequence[str]) -> int:
    """0 if everything ended as it must."""
    given = _arguments(words)
    return tell(partial(_answer, given), RecoveryError, as_json=given.json)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench faults", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--chats", type=whole(FEWEST_CHATS, _MOST_CHATS), default=500, help="in all")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> Outcome:
    """Raises RecoveryError."""
    if kinds := unforeseen():
        raise RecoveryError(
            f"Nobody says what must come of {', '.join(kinds)}: add it to bench/questions/faults/cases.py."
        )
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        logs = Path(given.logs or scratch).absolute()
        logs.mkdir(parents=True, exist_ok=True)
        _say("Starting Valkey, PostgreSQL and the tables")
        with house(logs) as running:
            return asyncio.run(_run(running, script.write(given.chats), _campaign(Path(scratch))))


def _campaign(directory: Path) -> Path:
    """The campaign's file, with its picture beside it."""
    (directory / script.PICTURE).write_bytes(sample(Kind.PHOTO)[1])
    campaign = directory / "faults.yaml"
    campaign.write_text(script.CAMPAIGN)
    return campaign


async def _run(running: House, parts: Sequence[Part], campaign: Path) -> Outcome:
    bots = len({part.bot for part in parts})
    _say(f"Starting the sandbox, {bots} bots, the receiver and the poller")
    ready = running.begin_sandbox(bots, 0, "--limits")
    await give_campaign(running.settings, ready.bots, campaign)
    running.begin_receiver()
    await running.share_among(1)
    pollers = [running.begin_poller(0)]
    ids = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(SandboxClient(ready.control_url))
        engine = await stack.enter_async_context(ledger(running.settings, ids))
        await until_ready(running, client, engine.whole, ids, pollers)
        people = await client.add_people(len(parts))
        cast = {(ids[part.bot], person.id): part for part, person in zip(parts, people, strict=True)}
        return await _measure(running, ready, client, engine, cast)


async def _measure(
    running: House, ready: Ready, client: SandboxClient, engine: Ledger, cast: dict[Chat, Part]
) -> Outcome:
    await set_faults(client, cast)
    await come(client, cast)
    _say(f"{len(cast)} people have come and are silent; every fault strikes")
    held = await see_through(running.settings, client, engine, ready.bots, cast)
    _say("The refused bots have their tokens again; waiting for the end")
    await until_over(running, engine, len(cast))
    _say("Holding each chat against its deliveries")
    seen = await engine.seen(client, cast)
    rows = (await client.record()).rows
    found = [*held, *judge(cast, seen), *aimed(cast, rows), *overlapping(rows)]
    violations = (await client.violations()).count
    return Outcome(len(cast), len(ready.bots), tallies(cast, seen), found, violations)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")

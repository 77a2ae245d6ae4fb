"""How does each fault of the Bot API end, at each block of a step?

Every fault of the sandbox strikes each block of a text, a photo and a text, in chats of its own. At the end, each chat
in the sandbox is compared with its deliveries: no message comes twice, none is stuck, and no delivery disagrees with
the chat. It takes about two minutes, most of which the bench waits: for answers that never come, and until a refused
token is confirmed.
"""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.exit_status import Report
from bench.harness.question import Given, Question, on_stack, parse_given
from bench.harness.ready import until_ready
from bench.harness.stack import Ready, Stack, give_campaign
from bench.questions.faults import script
from bench.questions.faults.cases import uncovered
from bench.questions.faults.judge import Chat, aimed, judge, overlapping, tallies
from bench.questions.faults.ledger import Ledger, open_ledger
from bench.questions.faults.play import come, set_faults, until_over
from bench.questions.faults.report import Outcome
from bench.questions.faults.script import FEWEST_CHATS, Part
from bench.questions.faults.suspension import suspend_and_resume
from bench.sandbox.client import SandboxClient
from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample
from engine.core.errors import RecoveryError

_MOST_CHATS: Final = 5_000


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--chats", type=whole(FEWEST_CHATS, _MOST_CHATS), default=500, help="in all")
    return parse_given(parser, words)


def _ask(given: Given, directory: Path) -> Report:
    """Raises RecoveryError."""
    if kinds := uncovered():
        raise RecoveryError(f"No case says how {', '.join(kinds)} must end: add it to bench/questions/faults/cases.py.")
    return on_stack(_run)(given, directory)


async def _run(stack: Stack, given: Given) -> Outcome:
    parts = script.write(given.chats)
    bots = len({part.bot for part in parts})
    given.say(f"Starting the sandbox, {bots} bots, the receiver and the poller")
    ready = stack.start_sandbox(bots, 0, "--limits")
    await give_campaign(stack.settings, ready.bots, _write_campaign(stack.directory))
    stack.start_receiver()
    await stack.set_shards(1)
    pollers = [stack.start_poller(0)]
    ids = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        ledger = await contexts.enter_async_context(open_ledger(stack.settings, ids))
        await until_ready(stack, client, ledger.whole, ids, pollers)
        people = await client.add_people(len(parts))
        cast = {(ids[part.bot], person.id): part for part, person in zip(parts, people, strict=True)}
        return await _measure(stack, given, ready, client, ledger, cast)


def _write_campaign(directory: Path) -> Path:
    """Writes the campaign and its picture. Gives the campaign's path."""
    (directory / script.PICTURE).write_bytes(sample(Kind.PHOTO)[1])
    campaign = directory / "faults.yaml"
    campaign.write_text(script.CAMPAIGN)
    return campaign


async def _measure(
    stack: Stack, given: Given, ready: Ready, client: SandboxClient, ledger: Ledger, cast: dict[Chat, Part]
) -> Outcome:
    await set_faults(client, cast)
    await come(client, cast)
    given.say(f"{len(cast)} people have come and are silent; every fault strikes")
    held = await suspend_and_resume(stack.settings, client, ledger, ready.bots, cast)
    given.say("The refused bots have their tokens again; waiting for the end")
    await until_over(stack, ledger, len(cast))
    given.say("Comparing each chat with its deliveries")
    seen = await ledger.seen(client, cast)
    rows = (await client.record()).rows
    found = [*held, *judge(cast, seen), *aimed(cast, rows), *overlapping(rows)]
    violations = (await client.violations()).count
    return Outcome(len(cast), len(ready.bots), tallies(cast, seen), found, violations)


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

"""How many updates a second does one receiver take in, by webhook and by polling?

A text of a person who has written before: the real receiver process checks the secret, reads the update, re-arms the
timer, counts the number, and answers 200; it writes last activity to PostgreSQL behind. By webhook it takes turns with
a bare handler of the same HTTP server under the same load; by polling a bare Bot API always has a hundred updates.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import psutil
import uvloop

from bench.harness import process_usage
from bench.harness.campaign_at_rest import AT_REST
from bench.harness.conversation import Helper, helper
from bench.harness.planted_bots import plant
from bench.harness.question import Given, Question
from bench.harness.rounds import Contestant, Meters, Turn, interleave
from bench.harness.stack import Stack, activate_campaign, running_stack
from bench.harness.stores import open_stores
from bench.questions.ingest.report import BARE, POLLING, WEBHOOK, Outcome
from bench.questions.ingest.senders import Hooked
from bench.sandbox.protocol import BotInfo
from engine.core.errors import RecoveryError
from engine.receiver.webhook_feed import secrets_of
from engine.security.vault import Vault

_BOTS: Final = 8
"""With webhooks, and as many that are polled."""
_ROUNDS: Final = 5
_QUICK_ROUNDS: Final = 3
_TURN_S: Final = 8.0
_QUICK_TURN_S: Final = 1.5
_WARM_S: Final = 1.0
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.1
_HERE: Final = "bench.questions.ingest"


class _Given(Given):
    quick: bool


class _Length(NamedTuple):
    rounds: int
    turn_s: float


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROUNDS} short rounds instead of {_ROUNDS}")
    return parser.parse_args(words, _Given())


def _ask(given: _Given, directory: Path) -> Outcome:
    given.say("Starting Valkey, PostgreSQL and the tables")
    with running_stack(directory) as stack:
        return uvloop.run(_run(stack, given))


async def _run(stack: Stack, given: _Given) -> Outcome:
    bots = await plant(stack.settings, 2 * _BOTS)
    await activate_campaign(stack.settings, bots, AT_REST)
    hooked, polled = bots[:_BOTS], bots[_BOTS:]
    length = _Length(_QUICK_ROUNDS, _QUICK_TURN_S) if given.quick else _Length(_ROUNDS, _TURN_S)
    async with helper(f"{_HERE}.fake_api", *(str(bot.id) for bot in polled)) as telegram:
        stack.env["TELEGRAM_API_URL"] = await telegram.hear()
        given.say(f"{length.rounds} rounds of {length.turn_s} s by webhook, in turns with a bare handler")
        turns = await _by_webhook(stack, hooked, length)
        given.say(f"{length.rounds} rounds of {length.turn_s} s by polling")
        return Outcome(_BOTS, turns | await _by_polling(stack, telegram, length))


async def _by_webhook(stack: Stack, bots: Sequence[BotInfo], length: _Length) -> dict[str, list[Turn]]:
    stack.listen_for_webhooks()
    receiver = stack.start_receiver()
    await _until_hooked(stack)
    async with AsyncExitStack() as contexts:
        bare = await contexts.enter_async_context(helper(f"{_HERE}.bare"))
        senders = {
            WEBHOOK: await contexts.enter_async_context(helper(f"{_HERE}.senders", str(stack.settings.webhook_url))),
            BARE: await contexts.enter_async_context(helper(f"{_HERE}.senders", await bare.hear())),
        }
        for one in senders.values():
            await one.ask(msgspec.json.encode(_secrets(stack, bots)).decode())
        meters = _meters(stack, {"bare": bare, **{f"sender to {name}": one for name, one in senders.items()}})
        turns = await _measure(senders, meters, length)
    await stack.stop(receiver)
    return turns


async def _by_polling(stack: Stack, telegram: Helper, length: _Length) -> dict[str, list[Turn]]:
    del stack.env["WEBHOOK_URL"], stack.env["PORT"]
    stack.start_receiver()
    return await _measure({POLLING: telegram}, _meters(stack, {"fake Bot API": telegram}), length)


async def _measure(helpers: Mapping[str, Helper], meters: Meters, length: _Length) -> dict[str, list[Turn]]:
    contestants: dict[str, Contestant] = {name: partial(_work, one, length.turn_s) for name, one in helpers.items()}
    for one in helpers.values():
        await _work(one, _WARM_S)
    return await interleave(contestants, length.rounds, meters)


async def _work(one: Helper, for_s: float) -> int:
    return int(await one.ask(str(for_s)))


def _meters(stack: Stack, helpers: Mapping[str, Helper]) -> Meters:
    beside = {name: psutil.Process(one.pid) for name, one in helpers.items()}
    found = process_usage.processes(stack.pids) | beside
    return {name.partition("-")[0]: partial(process_usage.cpu_s_of, process) for name, process in found.items()}


def _secrets(stack: Stack, bots: Sequence[BotInfo]) -> list[Hooked]:
    vault = Vault(stack.settings.encryption_keys)
    return [Hooked(bot.id, secrets_of(vault, bot.id, bot.token)[0]) for bot in bots]


async def _until_hooked(stack: Stack) -> None:
    """Raises RecoveryError if it takes too long."""
    give_up = time.monotonic() + _PATIENCE_S
    async with open_stores(stack.settings) as (_, pool):
        while await pool.fetchval("SELECT count(*) FROM bots WHERE webhook_key IS NULL"):
            stack.check_alive()
            if time.monotonic() > give_up:
                raise RecoveryError(f"The receiver did not set its webhooks within {_PATIENCE_S:.0f} s.")
            await asyncio.sleep(_LOOK_S)


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

"""`python -m bench.sandbox.demo`: one person who writes to a bot, falls silent, is won back, and so on.

It shows the engine at work: it prints one line for each act and each message that arrives.
"""

import argparse
import asyncio
import random
import sys
import time

import aiohttp

from bench.sandbox.client import ControlFailedError, SandboxClient
from bench.sandbox.people.script_player import Actor
from bench.sandbox.people.scripts import Move, Script
from bench.sandbox.protocol import TranscriptMessage

_THINKING_S = 2.0
_PATIENCE_S = 3600.0
_FOR_EVER = 1_000_000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox.demo", description="One person who plays.")
    parser.add_argument("--control", required=True, help="address of the sandbox's control API")
    parser.add_argument("--bot", help="username of the bot to write to; by default the first one")
    parser.add_argument("--rounds", type=int, default=0, help="stop after this many answers; 0 goes on for ever")
    return parser.parse_args()


def _tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


def _script(rounds: int) -> Script:
    return Script(
        opening=[Move("start"), Move("write", text="Oi! Quanto custa?")],
        moves=[
            Move("receive", patience=_PATIENCE_S, quiet=_THINKING_S),
            Move("write", text="Estou aqui!"),
        ],
        rounds=rounds or _FOR_EVER,
    )


class _Reporter:
    """Prints each move and message."""

    def __init__(self, name: str, bot: str) -> None:
        self._name = name
        self._bot = bot
        self._written = 0

    def see(self, move: Move, message: TranscriptMessage | None) -> None:
        _tell(f"{self._name} {self._sentence(move, message)}")

    def _sentence(self, move: Move, message: TranscriptMessage | None) -> str:
        if message is not None:
            return f"receives: {message.text}"
        if move.do == "start":
            return f"starts @{self._bot}"
        self._written += 1
        return "writes, and falls silent" if self._written == 1 else "answers, and falls silent again"


async def _play(given: argparse.Namespace) -> None:
    async with SandboxClient(given.control) as client:
        bot = given.bot or (await client.bots())[0].username
        (person,) = await client.add_people(1)
        reporter = _Reporter(person.first_name, bot)
        await Actor(client, bot, person.id, random.Random(0), reporter.see).play(_script(given.rounds))


def main() -> None:
    try:
        asyncio.run(_play(_arguments()))
    except KeyboardInterrupt:
        _tell("The person leaves")
    except (ControlFailedError, aiohttp.ClientError) as error:
        sys.exit(f"The sandbox is gone: {error}")


if __name__ == "__main__":
    main()

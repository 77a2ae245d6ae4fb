"""`python -m bench.sandbox.demo`: one person who writes to a bot, falls silent, is won back, and so on.

For whoever watches the engine at work: one line is printed for each act and each message that arrives.
"""

import argparse
import asyncio
import sys
import time

import aiohttp

from bench.sandbox.client import ControlFailedError, SandboxClient
from bench.sandbox.wire import PersonInfo

_THINKING_S = 2.0
_PATIENCE_S = 3600.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox.demo", description="One person who plays.")
    parser.add_argument("--control", required=True, help="address of the sandbox's control API")
    parser.add_argument("--bot", help="username of the bot to write to; the first one by itself")
    parser.add_argument("--rounds", type=int, default=0, help="stop after so many answers; 0 is never")
    return parser.parse_args()


def _tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


async def _play(given: argparse.Namespace) -> None:
    async with SandboxClient(given.control) as client:
        bot = given.bot or (await client.bots())[0].username
        (person,) = await client.add_people(1)
        await client.start(bot, person.id)
        _tell(f"{person.first_name} starts @{bot}")
        await client.write(bot, person.id, "Oi! Quanto custa?")
        _tell(f"{person.first_name} writes, and falls silent")
        answers, seen = 0, 0
        while not given.rounds or answers < given.rounds:
            seen = await _receive(client, bot, person, seen)
            await client.write(bot, person.id, "Estou aqui!")
            _tell(f"{person.first_name} answers, and falls silent again")
            answers += 1


async def _receive(client: SandboxClient, bot: str, person: PersonInfo, seen: int) -> int:
    """Wait for messages until they cease for as long as one thinks; give the id of the last."""
    patience = _PATIENCE_S
    while found := await client.next_message(bot, person.id, after=seen, wait=patience):
        _tell(f"{person.first_name} receives: {found.text}")
        seen, patience = found.message_id, _THINKING_S
    return seen


def main() -> None:
    try:
        asyncio.run(_play(_arguments()))
    except KeyboardInterrupt:
        _tell("The person leaves")
    except (ControlFailedError, aiohttp.ClientError) as error:
        sys.exit(f"The sandbox is not there any more: {error}")


if __name__ == "__main__":
    main()

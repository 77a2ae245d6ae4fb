"""`python -m bench.sandbox.demo`: one person who writes to a bot, falls silent, is won back, and so on.

For whoever watches the engine at work: one line is printed for each act and each message that arrives.
"""

import argparse
import asyncio
import sys
import time

import aiohttp

from bench.sandbox.client import ControlFailedError, SandboxClient

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
        last = await client.write(bot, person.id, "Oi! Quanto custa?")
        _tell(f"{person.first_name} writes, and falls silent")
        answers = 0
        while not given.rounds or answers < given.rounds:
            found = await client.next_message(bot, person.id, after=last.message_id or 0, wait=_PATIENCE_S)
            if found is None:
                continue
            _tell(f"{person.first_name} receives: {found.text}")
            await asyncio.sleep(_THINKING_S)
            last = await client.write(bot, person.id, "Estou aqui!")
            _tell(f"{person.first_name} answers, and falls silent again")
            answers += 1


def main() -> None:
    try:
        asyncio.run(_play(_arguments()))
    except KeyboardInterrupt:
        _tell("The person leaves")
    except (ControlFailedError, aiohttp.ClientError) as error:
        sys.exit(f"The sandbox is not there any more: {error}")


if __name__ == "__main__":
    main()

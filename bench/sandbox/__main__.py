"""`python -m bench.sandbox`: serve until SIGTERM or SIGINT. One JSON line on stdout tells where."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from bench.sandbox.names import FIRST_PERSON_ID
from bench.sandbox.server import Sandbox
from engine.core.errors import SettingsError
from engine.settings import Settings, load_settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox", description="A local Telegram Bot API.")
    parser.add_argument("--bots", type=int, default=3, help="how many bots there are")
    parser.add_argument("--port", type=int, default=0, help="of the Bot API; 0 is any free one")
    parser.add_argument("--control-port", type=int, default=0, help="of the control API; 0 is any free one")
    parser.add_argument("--record", type=Path, help="write every request to this file, one JSON object a line")
    parser.add_argument("--seed", type=int, default=0, help="decides ids, tokens and chance")
    parser.add_argument("--first-person", type=int, default=FIRST_PERSON_ID, help="the id of the first person")
    parser.add_argument(
        "--webhook-second", type=float, default=1.0, help="how long a second of the webhooks' back-off lasts"
    )
    return parser.parse_args()


def _engine() -> Settings | None:
    """How to ask the engine what it knows, for the page; without a database of its there is none."""
    if not {"REDIS_URL", "DATABASE_URL"} <= os.environ.keys():
        return None
    try:
        return load_settings()
    except SettingsError as error:
        print(f"The page shows no engine: {error}", file=sys.stderr, flush=True)
        return None


async def _serve(given: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sandbox = Sandbox(
        given.bots,
        record=given.record,
        seed=given.seed,
        port=given.port,
        control_port=given.control_port,
        webhook_second=given.webhook_second,
        first_person=given.first_person,
        engine=_engine(),
    )
    async with sandbox:
        ready = {
            "api_url": sandbox.api_url,
            "control_url": sandbox.control_url,
            "bots": msgspec.to_builtins(sandbox.bots),
        }
        print(json.dumps(ready), flush=True)
        await stopped.wait()


def main() -> None:
    try:
        uvloop.run(_serve(_arguments()))
    except OSError as error:
        sys.exit(f"The sandbox cannot start: {error}")


if __name__ == "__main__":
    main()

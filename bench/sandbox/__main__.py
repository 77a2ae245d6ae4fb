"""`python -m bench.sandbox`: serve until SIGTERM or SIGINT. One JSON line on stdout tells where."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from bench.harness.arguments import whole
from bench.sandbox.bot_api.rate_limits import UNLIMITED
from bench.sandbox.people.scripts import ScriptError, read_script
from bench.sandbox.protocol import LimitRules
from bench.sandbox.server import Sandbox
from bench.sandbox.world.identities import FIRST_PERSON_ID
from bench.sandbox.world.retention import DEFAULT_BOUNDS
from engine.core.errors import SettingsError
from engine.settings import Settings, load_settings

_NEW_OBJECTS = 50_000
_MOST_KEPT = 100_000_000
_LONGEST_S = 3_600


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox", description="A local Telegram Bot API.")
    parser.add_argument("--bots", type=whole(1, 10_000), default=3, help="how many bots there are")
    parser.add_argument("--port", type=whole(0, 65_535), default=0, help="of the Bot API; 0 is any free one")
    parser.add_argument(
        "--control-port", type=whole(0, 65_535), default=0, help="of the control API; 0 is any free one"
    )
    parser.add_argument("--record", type=Path, help="write every request to this file, one JSON object a line")
    parser.add_argument("--seed", type=int, default=0, help="decides ids, tokens and chance")
    parser.add_argument("--first-person", type=int, default=FIRST_PERSON_ID, help="the id of the first person")
    parser.add_argument(
        "--webhook-second", type=_seconds, default=1.0, help="how long a second of the webhooks' back-off lasts"
    )
    parser.add_argument(
        "--script", type=Path, action="append", default=[], metavar="FILE", help="YAML: what people do; may be repeated"
    )
    _add_bounds(parser)
    _add_limits(parser)
    return parser.parse_args()


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"give seconds from 0 to {_LONGEST_S}")
    return value


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    told = parser.add_argument_group("memory", "What is kept, the newest of it; everything is counted all the same.")
    told.add_argument("--keep-rows", type=whole(1, _MOST_KEPT), default=DEFAULT_BOUNDS.rows, help="of the record")
    told.add_argument(
        "--keep-messages", type=whole(1, _MOST_KEPT), default=DEFAULT_BOUNDS.messages, help="with all that they say"
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    usual = LimitRules()
    told = parser.add_argument_group("limits", "By itself there are none; 0 takes one away.")
    told.add_argument("--limits", action="store_true", help="Telegram's: for a bot, for paid broadcasts, for a chat")
    told.add_argument("--bot-limit", type=int, nargs="?", const=usual.bot_per_second, help="messages a second of a bot")
    told.add_argument(
        "--paid-limit", type=int, nargs="?", const=usual.paid_per_second, help="those with allow_paid_broadcast"
    )
    told.add_argument(
        "--chat-limit", type=float, nargs="?", const=usual.chat_per_second, help="messages a second in a chat"
    )
    told.add_argument("--chat-burst", type=int, default=usual.chat_burst, help="how many may come at once in a chat")
    told.add_argument(
        "--absorb",
        type=_seconds,
        default=usual.absorb_ms / 1000,
        metavar="SECONDS",
        help="how long a wait is no refusal",
    )


def _limit(given: float | None, usual: float | None) -> float | None:
    return usual if given is None else given or None


def _limits(given: argparse.Namespace) -> LimitRules:
    """Raises msgspec.ValidationError for a number that is no limit."""
    usual = LimitRules() if given.limits else UNLIMITED
    return msgspec.convert(
        {
            "bot_per_second": _limit(given.bot_limit, usual.bot_per_second),
            "paid_per_second": _limit(given.paid_limit, usual.paid_per_second),
            "chat_per_second": _limit(given.chat_limit, usual.chat_per_second),
            "chat_burst": given.chat_burst,
            "absorb_ms": int(given.absorb * 1000),
        },
        LimitRules,
    )


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
        limits=_limits(given),
        scripts=[read_script(path) for path in given.script],
        bounds=DEFAULT_BOUNDS._replace(rows=given.keep_rows, messages=given.keep_messages),
    )
    async with sandbox:
        ready = {
            "api_url": sandbox.api_url,
            "control_url": sandbox.control_url,
            "bots": msgspec.to_builtins(sandbox.bots),
        }
        print(json.dumps(ready), flush=True)
        await stopped.wait()


def _spare_the_collector() -> None:
    """Nearly all that a run makes is kept and has no cycles: to look through it again and again is in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 100)


def main() -> None:
    _spare_the_collector()
    try:
        uvloop.run(_serve(_arguments()))
    except (ScriptError, LookupError) as error:
        sys.exit(f"The sandbox cannot play: {error}")
    except msgspec.ValidationError as error:
        sys.exit(f"The sandbox cannot have such a limit: {error}")
    except OSError as error:
        sys.exit(f"The sandbox cannot start: {error}")


if __name__ == "__main__":
    main()

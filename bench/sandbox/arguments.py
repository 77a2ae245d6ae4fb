"""The sandbox's command line: what may be asked of it, and within which bounds."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.sandbox.bot_api.rate_limits import UNLIMITED
from bench.sandbox.protocol import LimitRules
from bench.sandbox.world.identities import FIRST_PERSON_ID
from bench.sandbox.world.retention import DEFAULT_BOUNDS

_MOST_KEPT = 100_000_000
_LONGEST_S = 3_600
# With these in the environment the engine can be asked; `--watch` names any other observer.
_ENGINE_SERVERS = frozenset({"REDIS_URL", "DATABASE_URL"})
_ENGINE_OBSERVER = "bench.sandbox.control.engine_watch:from_environment"


def whole(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse: whole numbers within bounds that the refusal names."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"give a whole number from {least} to {most}")
        return int(text)

    return number


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="telegram-sandbox", description="A local Telegram Bot API.")
    parser.add_argument("--bots", type=whole(1, 10_000), default=3, help="number of bots")
    parser.add_argument("--port", type=whole(0, 65_535), default=0, help="port of the Bot API; 0 picks a free one")
    parser.add_argument(
        "--control-port", type=whole(0, 65_535), default=0, help="port of the page and control API; 0 picks a free one"
    )
    parser.add_argument("--record", type=Path, help="write every request to this file, one JSON object per line")
    parser.add_argument("--seed", type=int, default=0, help="decides ids, tokens and chance")
    parser.add_argument("--first-person", type=int, default=FIRST_PERSON_ID, help="id of the first person")
    parser.add_argument(
        "--webhook-second", type=_seconds, default=1.0, help="how long one second of the webhook back-off lasts"
    )
    parser.add_argument(
        "--script", type=Path, action="append", default=[], metavar="FILE", help="YAML: what people do; repeatable"
    )
    parser.add_argument(
        "--watch", metavar="MODULE:FUNCTION", help="what the page shows beside a chat; the function makes the observer"
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
    group = parser.add_argument_group("memory", "How much is kept in full; the counters always count everything.")
    group.add_argument(
        "--keep-rows", type=whole(1, _MOST_KEPT), default=DEFAULT_BOUNDS.rows, help="newest rows of the record"
    )
    group.add_argument(
        "--keep-messages", type=whole(1, _MOST_KEPT), default=DEFAULT_BOUNDS.messages, help="newest messages"
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    usual = LimitRules()
    group = parser.add_argument_group("limits", "There are none by default; 0 removes a limit.")
    group.add_argument("--limits", action="store_true", help="use Telegram's limits")
    group.add_argument(
        "--bot-limit", type=int, nargs="?", const=usual.bot_per_second, help="messages per second and bot"
    )
    group.add_argument(
        "--paid-limit", type=int, nargs="?", const=usual.paid_per_second, help="the same with allow_paid_broadcast"
    )
    group.add_argument(
        "--chat-limit", type=float, nargs="?", const=usual.chat_per_second, help="messages per second and chat"
    )
    group.add_argument("--chat-burst", type=int, default=usual.chat_burst, help="messages a chat may get at once")
    group.add_argument(
        "--absorb",
        type=_seconds,
        default=usual.absorb_ms / 1000,
        metavar="SECONDS",
        help="make a call wait up to this long before refusing it",
    )


def _limit(given: float | None, usual: float | None) -> float | None:
    return usual if given is None else given or None


def limits_of(given: argparse.Namespace) -> LimitRules:
    """Raises msgspec.ValidationError for an invalid limit."""
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


def engine_observer() -> str | None:
    """Name the engine's observer if the environment says where its servers are."""
    return _ENGINE_OBSERVER if os.environ.keys() >= _ENGINE_SERVERS else None

"""How many bytes does an armed chat cost in Redis, and how many a bot and a chat in a receiver and a poller?

In Redis everything counts: the timer, the state, and what the server needs to find them. Chats are armed through
`Timers`, and their bytes are what the server's `used_memory` has grown by. A chat whose episode is over must cost
nothing. The processes are started again for each number of bots, and their resident memory is read when they rest.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
import uvloop

from bench.harness.question import Given, Question
from bench.harness.stack import running_stack
from bench.questions.memory.chats import ArmedBytes, weigh_armed, weigh_finished
from bench.questions.memory.processes import Weights, weigh_processes
from bench.questions.memory.report import JUDGED_CHATS, Outcome
from engine.local.servers.servers import temporary_servers

_SIZES: Final = (10_000, 100_000, JUDGED_CHATS)
_MOST_CHATS: Final = 10_000_000
_FINISHED: Final = 100_000
_ROOM_A_CHAT: Final = 400
"""Bytes that a machine must have free for each chat, while a hash table of the server grows into its double."""
_BOTS: Final = (0, 1, 10, 100)
_QUICK_BOTS: Final = (0, 1, 10)
_PEOPLE: Final = 20_000
_QUICK_PEOPLE: Final = 4_000
_ROUNDS: Final = 3


class _Given(Given):
    quick: bool


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--quick", action="store_true", help="one round, at most a million chats and ten bots")
    return parser.parse_args(words, _Given())


def _ask(given: _Given, directory: Path) -> Outcome:
    with temporary_servers(postgres=False) as servers:
        armed, finished = uvloop.run(_weigh_chats(servers.redis_url, given))
    return Outcome(armed, finished, _weigh_processes(given, directory))


async def _weigh_chats(url: str, given: _Given) -> tuple[list[ArmedBytes], float]:
    armed = []
    for size in _sizes(given):
        given.say(f"Arming {size} chats")
        armed.append(await weigh_armed(url, size))
    return armed, await weigh_finished(url, _FINISHED)


def _sizes(given: _Given) -> list[int]:
    if given.quick:
        return list(_SIZES)
    fits = psutil.virtual_memory().available > _MOST_CHATS * _ROOM_A_CHAT
    return [*_SIZES * _ROUNDS, *([_MOST_CHATS] if fits else [])]


def _weigh_processes(given: _Given, directory: Path) -> Weights:
    given.say("Starting Valkey, PostgreSQL, the tables and the sandbox")
    bots, people = (_QUICK_BOTS, _QUICK_PEOPLE) if given.quick else (_BOTS, _PEOPLE)
    with running_stack(directory) as stack:
        return uvloop.run(weigh_processes(stack, bots, people, given.say))


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)

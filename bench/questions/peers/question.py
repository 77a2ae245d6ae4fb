"""What would people use instead, and how does it do the same work?

A chat writes, and its timer of ten minutes starts again: how many such touches a second does one process do, what do
they cost, and how much memory does an armed chat take, after one message and after five? Then timers fall due, 1,000
and 100 a second: how late does the work begin, and does any begin early? Each peer is driven as its documentation
advises, by a small script in an environment of its own, made when it is first needed and then kept. They take turns in
one run, against one Valkey. A peer that cannot be installed, or does not do the work, is a row with the reason.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Final

from bench.harness.question import Given, Question, on_stack
from bench.harness.stack import Stack
from bench.questions.peers import catalogue, environments
from bench.questions.peers.catalogue import wanted
from bench.questions.peers.comparison import GENTLE_RATE, RATE
from bench.questions.peers.contest import Contest
from bench.questions.peers.report import Outcome
from bench.questions.peers.trial import Scale

_ROUNDS: Final = 3
_FULL: Final = Scale(touched=10_240, remembered=4_096, touch_s=2.0, fire_s=4.0, patience_s=5.0)
_QUICK: Final = Scale(touched=2_048, remembered=1_024, touch_s=1.0, fire_s=2.0, patience_s=2.0)
_ONCE: Final = f"one round for peers with a single row, and for everybody at {GENTLE_RATE} due a second"


class Wanted(Given):
    quick: bool

    @property
    def rounds(self) -> int:
        return 1 if self.quick else _ROUNDS

    @property
    def rounds_at(self) -> Mapping[int, int]:
        """By the number that fall due each second. At the gentle rate nobody is near a limit: runs differ little."""
        return {RATE: 1} if self.quick else {RATE: _ROUNDS, GENTLE_RATE: 1}

    @property
    def scale(self) -> Scale:
        return _QUICK if self.quick else _FULL

    @property
    def load(self) -> str:
        rounds = "one round" if self.quick else f"medians of {self.rounds} rounds, {_ONCE}"
        return (
            f"{self.scale.touched:,} armed chats, touched for {self.scale.touch_s:g} s; timers due for"
            f" {self.scale.fire_s:g} s; {rounds}"
        )


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--quick", action="store_true", help="Celery, arq, BullMQ and this engine, one short round")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    ways = wanted(quick=given.quick)
    contest = Contest(stack, given.scale, ways, given.say)
    contest.prepare()
    await contest.touches(given.rounds)
    await contest.memory()
    for rate, rounds in given.rounds_at.items():
        await contest.lateness(rate, rounds)
    peers = ", ".join(map(environments.version, catalogue.environments(ways)))
    return Outcome(peers, given.load, contest.rows)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))

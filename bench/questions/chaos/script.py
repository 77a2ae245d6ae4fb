"""What the people of a storm do: they come all the time it lasts, and write, pay, opt out and return. Pure.

Their parts are those of exactly-once; here they come one after another, and some pay or opt out in answer to a message.
"""

import random
from typing import Final

from bench.questions.exactly_once.script import SECOND_ACT_MS, ActKind, Part, reply

_ANSWERING: Final = 0.40
_SECOND_ACTS: Final = {ActKind.PAY: 0.10, ActKind.OPT_OUT: 0.05, ActKind.WRITE: 0.25}
"""How many do this soon after they came."""
_ANSWERS: Final = {ActKind.PAY: 0.20, ActKind.OPT_OUT: 0.15, ActKind.WRITE: 0.65}


def write(bots: int, chats: int, seconds: int, seed: int) -> list[list[Part]]:
    """The parts of each bot's chats."""
    return [_cast(chats, seconds, random.Random(f"chaos {seed} {bot}")) for bot in range(bots)]


def _cast(chats: int, seconds: int, draw: random.Random) -> list[Part]:
    return [_part(draw, draw.randrange(seconds * 1000)) for _ in range(chats)]


def _part(draw: random.Random, start_ms: int) -> Part:
    second = _chosen(_SECOND_ACTS, draw)
    second_ms = start_ms + draw.randint(*SECOND_ACT_MS)
    answers = second in (None, ActKind.WRITE) and draw.random() < _ANSWERING
    answer = reply(draw)._replace(kind=_chosen(_ANSWERS, draw) or ActKind.WRITE) if answers else None
    return Part(start_ms, second, second_ms, answer)


def _chosen(shares: dict[ActKind, float], draw: random.Random) -> ActKind | None:
    """None for the rest of the people."""
    drawn, upto = draw.random(), 0.0
    for kind, share in shares.items():
        upto += share
        if drawn < upto:
            return kind
    return None

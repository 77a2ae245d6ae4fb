"""What the people of a run do, and what they must receive. Pure: everything follows from the seed.

Each message has its own text, so that the record alone shows what was sent. A reply waits for a message, never for the
clock alone: so it is certain which messages must go out before it, however long the queue is. A *racing* reply is timed
for the moment at which the next message is due: that message may go out or not.

A person's two acts before a silence are in different seconds, since of two touches in one second only the first counts.
"""

import random
from enum import StrEnum, auto
from typing import Final, NamedTuple

THRESHOLD_MS: Final = 3_000
LONGEST_LATENCY_MS: Final = 400
SECOND_ACT_MS: Final = (1_100, 2_000)
_ARRIVALS_MS: Final = 1_500
_ANSWERING: Final = 0.30
_PAID: Final = 0.10
_WRITING: Final = 0.30
_AIM_MS: Final = 250
_REACTION_MS: Final = 150
_MARGIN_MS: Final = 1_500


class Message(NamedTuple):
    """A block of the campaign. `wait_ms` counts from the end of the previous message, or of the threshold."""

    step: str
    block: str
    text: str
    wait_ms: int


SEQUENCE: Final = (
    Message("first", "one", "Step 1, block 1", 0),
    Message("first", "two", "Step 1, block 2", 1_000),
    Message("second", "one", "Step 2, block 1", 4_000),
)

CAMPAIGN: Final = f"""\
threshold: {THRESHOLD_MS}ms
zone: America/Sao_Paulo
steps:
  - key: {SEQUENCE[0].step}
    schedule: now
    blocks:
      - key: {SEQUENCE[0].block}
        text: "{SEQUENCE[0].text}"
      - key: {SEQUENCE[1].block}
        delay: {SEQUENCE[1].wait_ms}ms
        text: "{SEQUENCE[1].text}"
  - key: {SEQUENCE[2].step}
    schedule: {SEQUENCE[2].wait_ms}ms
    blocks:
      - key: {SEQUENCE[2].block}
        text: "{SEQUENCE[2].text}"
"""


class ActKind(StrEnum):
    START = auto()
    WRITE = auto()
    PAY = auto()
    OPT_OUT = auto()


FAREWELLS: Final = frozenset({ActKind.PAY, ActKind.OPT_OUT})
"""After one of these, a person is owed nothing more."""


class Reply(NamedTuple):
    """An answer, `wait_ms` after the message at `after` ended; with `during`, after it arrived and is still under way.

    `racing`: timed for the moment at which the next message is due.
    """

    after: int
    wait_ms: int
    during: bool = False
    racing: bool = False
    kind: ActKind = ActKind.WRITE

    @property
    def must(self) -> int:
        """How many messages must go out before it."""
        return self.after + 1


class Part(NamedTuple):
    """What one person does in the chat with one bot. Times count from the beginning of the run."""

    start_ms: int
    second: ActKind | None
    second_ms: int
    reply: Reply | None

    @property
    def pays(self) -> bool:
        return self.second is ActKind.PAY


def write(bots: int, chats: int, seed: int) -> list[list[Part]]:
    """The parts of each bot's chats."""
    return [_cast(chats, random.Random(f"exactly once {seed} {bot}")) for bot in range(bots)]


def expected(parts: list[list[Part]]) -> int:
    """How many messages must go out, if every reply is made."""
    return sum(_expected(part) for cast in parts for part in cast)


def _expected(part: Part) -> int:
    if part.second in FAREWELLS:
        return 0
    again = 0 if part.reply and part.reply.kind in FAREWELLS else len(SEQUENCE)
    return again + (part.reply.must if part.reply else 0)


def _cast(chats: int, draw: random.Random) -> list[Part]:
    order = draw.sample(range(chats), chats)
    paying = set(order[: round(chats * _PAID)])
    answering = set(order[len(paying) :][: round(chats * _ANSWERING)])
    return [_part(draw, pays=chat in paying, answers=chat in answering) for chat in range(chats)]


def _part(draw: random.Random, *, pays: bool, answers: bool) -> Part:
    start = draw.randrange(_ARRIVALS_MS)
    writes = draw.random() < _WRITING
    second = ActKind.PAY if pays else ActKind.WRITE if writes else None
    return Part(start, second, start + draw.randint(*SECOND_ACT_MS), reply(draw) if answers else None)


def reply(draw: random.Random) -> Reply:
    """Half of the answers come between the steps. Of the others, half come during a send and half race a message."""
    after = draw.randrange(2)
    kind = draw.random()
    if kind < 0.5:  # noqa: PLR2004 - shares of the answers, as described above
        return Reply(1, draw.randint(0, SEQUENCE[2].wait_ms - _MARGIN_MS))
    if kind < 0.75:  # noqa: PLR2004 - shares of the answers, as described above
        return Reply(after, draw.randint(0, _REACTION_MS), during=True)
    return Reply(after, SEQUENCE[after + 1].wait_ms + draw.randint(-_AIM_MS, _AIM_MS), racing=True)

"""Deals the faults: which chat of which bot meets which fault, and at which block. Pure.

Each fault at each block has a bot of its own, since some faults stop the whole bot. Where an upload gets no answer,
each chat has its own bot: otherwise the chats would wait for the file one after the other.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final, NamedTuple

from msgspec.structs import replace

from bench.questions.faults.cases import CASES, Case
from bench.sandbox.protocol import Fault

PICTURE: Final = "picture.png"
FILE_AT: Final = 1
TEXTS: Final = ("First block", "Second block, a photo", "Third block")
"""Text, caption, text: they identify a message in a chat."""
BLOCKS: Final = ("one", "two", "three")

CAMPAIGN: Final = f"""\
threshold: 2s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks:
      - {{key: {BLOCKS[0]}, text: "{TEXTS[0]}"}}
      - {{key: {BLOCKS[1]}, photo: {PICTURE}, caption: "{TEXTS[1]}"}}
      - {{key: {BLOCKS[2]}, text: "{TEXTS[2]}"}}
"""

FEWEST_CHATS: Final = len(CASES) * len(BLOCKS)


class Part(NamedTuple):
    """One chat: `at` is the place of the struck block, `bot` the number of its bot."""

    case: Case
    at: int
    bot: int

    def fault(self, bot_id: int, chat_id: int) -> Fault:
        """The rule that strikes this block and nothing else."""
        return replace(self.case.fault, bot=bot_id, chat_id=chat_id, at_message=self.at + 1)


def write(chats: int, cases: Sequence[Case] = CASES) -> list[Part]:
    """Deal the chats to the faults as evenly as possible."""
    scenes = [(case, at) for case in cases for at in range(len(BLOCKS))]
    least, more = divmod(chats, len(scenes))
    bots = count()
    return [part for place, (case, at) in enumerate(scenes) for part in _scene(case, at, least + (place < more), bots)]


def _scene(case: Case, at: int, chats: int, bots: Iterator[int]) -> list[Part]:
    if case.times_out and at == FILE_AT:
        return [Part(case, at, next(bots)) for _ in range(chats)]
    bot = next(bots)
    return [Part(case, at, bot) for _ in range(chats)]

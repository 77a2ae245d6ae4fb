"""The verdict: what the engine holds of each chat, against what the chat shows and how it had to end. Pure.

A delivery is `sent` if and only if its message is in the chat once, under the id that the delivery names. The message
of an `unknown` one is there at most once. In any other state, or without a delivery, the chat does not show the
message. No block is sent while the previous one still waits for its answer.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum, auto
from typing import Final, NamedTuple, TypeAlias

from bench.questions.faults.cases import GONE, SENT, UNKNOWN, State
from bench.questions.faults.script import BLOCKS, TEXTS, Part
from bench.sandbox.bot_api.counted_calls import sends
from bench.sandbox.protocol import Row

Chat: TypeAlias = tuple[int, int]

_ON_THE_WAY: Final = frozenset({"scheduled", "sending"})
_NOTHING: Final = State("none")


class Wrong(StrEnum):
    DUPLICATE = auto()
    STUCK = auto()
    DISAGREEMENT = auto()
    UNEXPECTED = auto()
    MISPLACED = auto()
    NOT_HELD = auto()
    OVERLAP = auto()


class Finding(NamedTuple):
    """One thing that is wrong, in a sentence about the chat."""

    wrong: Wrong
    chat: Chat
    what: str


class Delivery(NamedTuple):
    state: State
    message_ids: tuple[int, ...] = ()


class Message(NamedTuple):
    """A message of the bot, as the chat shows it."""

    message_id: int
    text: str | None


class Seen(NamedTuple):
    """A chat at the end: its deliveries by block, how each episode ended (None: not yet), and its messages."""

    deliveries: Mapping[str, Delivery]
    episodes: tuple[str | None, ...]
    messages: tuple[Message, ...]

    def state(self, at: int) -> State:
        found = self.deliveries.get(BLOCKS[at])
        return found.state if found else _NOTHING

    def named(self, at: int) -> list[int]:
        """The message ids that the delivery of a block names."""
        found = self.deliveries.get(BLOCKS[at])
        return [*found.message_ids] if found else []

    def shown(self, at: int) -> list[int]:
        """The ids of a block's messages in the chat."""
        return [message.message_id for message in self.messages if message.text == TEXTS[at]]


class Tally(NamedTuple):
    """The final states in one case: of the struck blocks, of the other blocks, of the episodes."""

    chats: int
    struck: Counter[str]
    others: Counter[str]
    episodes: Counter[str]


def judge(parts: Mapping[Chat, Part], seen: Mapping[Chat, Seen]) -> list[Finding]:
    return [finding for chat, part in parts.items() for finding in _of_chat(chat, part, seen[chat])]


def aimed(parts: Mapping[Chat, Part], rows: Iterable[Row]) -> list[Finding]:
    """Each fault must strike its own block only, as often as it should. A lasting one is lifted by hand."""
    struck = Counter[Chat]()
    found = []
    for row in rows:
        chat = (row.bot_id, row.chat_id or 0)
        if row.fault is None or chat not in parts:
            continue
        struck[chat] += 1
        if row.text != TEXTS[parts[chat].at]:
            found.append(Finding(Wrong.MISPLACED, chat, f"{row.fault} struck a {row.method} for another block"))
    for chat, part in parts.items():
        if struck[chat] != part.case.fault.count and not part.case.suspends:
            what = f"{part.case.name} struck {struck[chat]} times, not {part.case.fault.count}"
            found.append(Finding(Wrong.MISPLACED, chat, what))
    return found


def overlapping(rows: Iterable[Row]) -> list[Finding]:
    """Requests to a chat whose previous request had neither been answered nor given up."""
    found, latest = [], dict[Chat, Row]()
    for row in sorted((row for row in rows if sends(row.method.lower())), key=lambda row: row.arrived_ms):
        chat = (row.bot_id, row.chat_id or 0)
        before = latest.get(chat)
        if before and (before.completed_ms is None or before.completed_ms > row.arrived_ms):
            found.append(Finding(Wrong.OVERLAP, chat, f"{row.text!r} was sent while {before.text!r} had no answer"))
        latest[chat] = row
    return found


def tallies(parts: Mapping[Chat, Part], seen: Mapping[Chat, Seen]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for chat, part in parts.items():
        tally = found.setdefault(part.case.name, Tally(0, Counter(), Counter(), Counter()))
        for at in range(len(BLOCKS)):
            (tally.struck if at == part.at else tally.others)[str(seen[chat].state(at))] += 1
        tally.episodes.update(reason or "open" for reason in seen[chat].episodes)
        found[part.case.name] = tally._replace(chats=tally.chats + 1)
    return found


def _of_chat(chat: Chat, part: Part, seen: Seen) -> Iterator[Finding]:
    for at, block in enumerate(BLOCKS):
        copies = len(seen.shown(at))
        if copies > 1:
            yield Finding(Wrong.DUPLICATE, chat, f"block {block} is in the chat {copies} times")
        if seen.state(at).status in _ON_THE_WAY:
            yield Finding(Wrong.STUCK, chat, f"block {block} is {seen.state(at)}")
        if not _agree(seen, at):
            what = f"block {block} is {seen.state(at)}, and in the chat {copies} times"
            yield Finding(Wrong.DISAGREEMENT, chat, what)
    if None in seen.episodes:
        yield Finding(Wrong.STUCK, chat, "its episode is open")
    if unknown := {message.text for message in seen.messages} - set(TEXTS):
        yield Finding(Wrong.DISAGREEMENT, chat, f"{len(unknown)} of its messages belong to no block")
    if difference := _difference(part, seen):
        yield Finding(Wrong.UNEXPECTED, chat, f"{part.case.name} at block {BLOCKS[part.at]}: {difference}")


def _agree(seen: Seen, at: int) -> bool:
    """By the rules above. A delivery that is not sent names no message."""
    shown, named, status = seen.shown(at), seen.named(at), seen.state(at).status
    if status == SENT.status:
        return len(shown) == 1 and named == shown
    return not named and len(shown) <= (status == UNKNOWN.status)


def _difference(part: Part, seen: Seen) -> str | None:
    """The first thing that did not end as it had to."""
    for at, block in enumerate(BLOCKS):
        if seen.state(at) != (must := _must(part, at)):
            return f"block {block} must be {must}, but is {seen.state(at)}"
    if seen.episodes != (part.case.episode,):
        return f"its one episode must be {part.case.episode}, but its episodes are {[*seen.episodes]}"
    if bool(seen.shown(part.at)) != part.case.arrives:
        return f"the struck message must {'' if part.case.arrives else 'not '}be in the chat"
    return None


def _must(part: Part, at: int) -> State:
    if at == part.at:
        return part.case.struck
    gone = part.case.struck is GONE and at > part.at
    return _NOTHING if gone else SENT

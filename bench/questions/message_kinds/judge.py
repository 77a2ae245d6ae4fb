"""The verdict: what the chats show and the sandbox recorded, against what was composed and what the engine holds. Pure.

A message is recognised by its file, or by its words if it has none: so a wrong language or a wrong look is not mistaken
for a message that nobody composed. A message that deletes itself must go within `ON_TIME_MS` of its time. A change
after a return or a payment waits until the engine has taken the touch in, so the verdict only reports how long it took.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from bench.harness.delivery_counts import Chat, Delivery
from bench.questions.message_kinds.arrived import arrived, message_sets
from bench.questions.message_kinds.composed import Guest, Occasion, composed, content_for, rule_for, uses_fallback
from bench.questions.message_kinds.shape import Shape, differing
from bench.sandbox.protocol import Row, TranscriptMessage, Violation
from engine.core.campaign.snapshot import Block
from engine.core.content import model as contents
from engine.core.content.model import Content, Delete, Poll

ON_TIME_MS: Final = 1_000

_Set: TypeAlias = list[TranscriptMessage]

_ANNOUNCES: Final = "sendChatAction"


class Comeback(NamedTuple):
    """A person returned or paid."""

    occasion: Occasion
    at_ms: int


class Evidence(NamedTuple):
    """`deliveries`: by chat and block. `hashes`: of the files, by their unique ids.

    `links`: the beginning of tracked addresses.
    """

    guests: Mapping[Chat, Guest]
    comebacks: Mapping[Chat, Comeback]
    chats: Mapping[Chat, Sequence[TranscriptMessage]]
    deliveries: Mapping[tuple[Chat, str], Delivery]
    hashes: Mapping[str, str]
    rows: Sequence[Row]
    violations: Sequence[Violation]
    links: str | None = None


class Tally(NamedTuple):
    """The counts of one kind. `sent` counts an album once, the others count its files.

    `owed`: how many pairs of a bot and a file there are.
    """

    sent: int
    uploads: int
    cache_hits: int
    violations: int
    duplicates: int
    owed: int


class Later(NamedTuple):
    """How many messages had to go or change after they were sent, how many did, and how late the last one was."""

    due: int
    done: int
    early: int
    worst_ms: int

    @property
    def holds(self) -> bool:
        return self.due == self.done and not self.early


class Verdict(NamedTuple):
    """`differs`: how many messages do not look as composed, by block and field."""

    kinds: dict[str, Tally]
    missing: int
    strangers: int
    early: int
    unannounced: int
    disagreements: int
    unasked: int
    differs: dict[str, int]
    languages: dict[str, int]
    fallbacks: int
    deletions: Later
    aftermath: Later

    @property
    def holds(self) -> bool:
        must_be_0 = self.missing, self.strangers, self.early, self.unannounced, self.disagreements, self.unasked
        return not any((*must_be_0, self.differs)) and self._counts_hold and self._times_hold

    @property
    def _counts_hold(self) -> bool:
        return all(
            tally.uploads == tally.owed and not tally.violations and not tally.duplicates
            for tally in self.kinds.values()
        )

    @property
    def _times_hold(self) -> bool:
        return self.deletions.holds and self.deletions.worst_ms <= ON_TIME_MS and self.aftermath.holds


def judge(blocks: Sequence[Block], seen: Evidence) -> Verdict:
    """`blocks`: those that every chat receives, in order."""
    judged = _Judged(seen)
    for chat in seen.guests:
        judged.judge_chat(chat, blocks)
    return Verdict(
        {name: _tally(name, blocks, judged) for name in dict.fromkeys(map(_kind, _contents(blocks)))},
        judged.counts["missing"],
        judged.counts["strangers"],
        judged.counts["early"],
        _unannounced(blocks, seen),
        judged.counts["disagreements"],
        judged.counts["unasked"],
        dict(judged.differs),
        dict(Counter(guest.language for guest in seen.guests.values())),
        sum(uses_fallback(block, guest) for guest in seen.guests.values() for block in blocks),
        _later(judged.deletions),
        _later(judged.aftermath),
    )


class _Judged:
    """The findings, chat by chat. `deletions` and `aftermath`: the delay of each in ms, None if it never happened."""

    def __init__(self, seen: Evidence) -> None:
        self.seen = seen
        self.counts: Counter[str] = Counter()
        self.differs: Counter[str] = Counter()
        self.sets: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()
        self.deletions: list[int | None] = []
        self.aftermath: list[int | None] = []

    def judge_chat(self, chat: Chat, blocks: Sequence[Block]) -> None:
        guest, comeback = self.seen.guests[chat], self.seen.comebacks.get(chat)
        found = self._found(chat, blocks)
        for block in blocks:
            content, sets = content_for(block, guest.language), found[block.key]
            self.sets[_kind(content)] += len(sets)
            self.files[_kind(content)] += len(contents.assets(content)) * len(sets)
            self.duplicates[_kind(content)] += max(0, len(sets) - 1)
            self.counts["missing"] += not sets
            if sets:
                self._judge_looks(block.key, sets[0], composed(block, guest, comeback and comeback.occasion))
                self._judge_fate(block, sets[0], comeback)
                self._judge_delivery(self.seen.deliveries.get((chat, block.key)), sets[0])
        self.counts["early"] += sum(_early(blocks, found))

    def _found(self, chat: Chat, blocks: Sequence[Block]) -> defaultdict[str, list[_Set]]:
        """The message sets of a chat, by block."""
        keys = _keys(blocks, self.seen.guests[chat])
        found: defaultdict[str, list[_Set]] = defaultdict(list)
        for those in message_sets(self.seen.chats[chat]):
            key = keys.get(_key(self._shape(those[0])))
            self.counts["strangers"] += key is None
            if key is not None:
                found[key].append(those)
        return found

    def _judge_looks(self, block: str, those: _Set, shapes: tuple[Shape, ...]) -> None:
        if len(those) != len(shapes):
            self.differs[f"{block}: messages"] += 1
        for message, shape in zip(those, shapes, strict=False):
            self.differs.update(f"{block}: {field}" for field in differing(shape, self._shape(message)))

    def _judge_fate(self, block: Block, those: _Set, comeback: Comeback | None) -> None:
        """Compares when a message had to go or change with when it did."""
        goes_after_ms, rule = block.effects.delete_after_ms, rule_for(block.effects, comeback and comeback.occasion)
        gone_ms, changed_ms = _gone_ms(those), those[0].edited_ms
        if goes_after_ms is not None:
            self.deletions.append(_after(gone_ms, those[0].at_ms + goes_after_ms))
        elif comeback and rule:
            self.aftermath.append(_after(gone_ms if isinstance(rule, Delete) else changed_ms, comeback.at_ms))
        deletes = goes_after_ms is not None or isinstance(rule, Delete)
        edits = rule is not None and not deletes
        self.counts["unasked"] += any(
            (message.deleted and not deletes) or (message.edited_ms is not None and not edits) for message in those
        )

    def _judge_delivery(self, delivery: Delivery | None, those: _Set) -> None:
        gone, changed = all(message.deleted for message in those), those[0].edited_ms is not None
        shown = Delivery("sent", tuple(message.message_id for message in those), gone, changed)
        self.counts["disagreements"] += delivery != shown

    def _shape(self, message: TranscriptMessage) -> Shape:
        return arrived(message, self.seen.hashes, self.seen.links)


def _keys(blocks: Sequence[Block], guest: Guest) -> dict[str, str]:
    """Which block a message belongs to, even if it is in another language or was changed."""
    occasions: tuple[Occasion | None, ...] = (None, "returned", "paid")
    return {
        _key(composed(block, guest._replace(language=language), occasion)[0]): block.key
        for block in blocks
        for language in ("", *block.languages)
        for occasion in occasions
    }


def _key(shape: Shape) -> str:
    return f"{shape.kind} {shape.file or shape.words}"


def _early(blocks: Sequence[Block], found: Mapping[str, list[_Set]]) -> Iterator[bool]:
    """For each block with a delay after the previous one: whether it came too soon."""
    for before, block in pairwise(blocks):
        if block.delay_ms and found[before.key] and found[block.key]:
            yield found[block.key][0][0].at_ms - found[before.key][0][-1].at_ms < block.delay_ms


def _gone_ms(those: _Set) -> int | None:
    """When the last of them was deleted; None if one is still there."""
    moments = [message.deleted_ms for message in those if message.deleted_ms is not None]
    return max(moments) if len(moments) == len(those) else None


def _after(done_ms: int | None, due_ms: int) -> int | None:
    return None if done_ms is None else done_ms - due_ms


def _later(waits: Sequence[int | None]) -> Later:
    done = [wait for wait in waits if wait is not None]
    return Later(len(waits), len(done), sum(wait < 0 for wait in done), max(done, default=0))


def _unannounced(blocks: Sequence[Block], seen: Evidence) -> int:
    """How many blocks with a delay were not announced by a chat action."""
    announced = Counter((row.bot_id, row.chat_id) for row in seen.rows if row.method == _ANNOUNCES and row.ok)
    owed = sum(block.delay_ms > 0 for block in blocks)
    return sum(max(0, owed - announced[chat]) for chat in seen.guests)


def _tally(name: str, blocks: Sequence[Block], judged: _Judged) -> Tally:
    seen, method = judged.seen, _method(name)
    uploads = sum(row.uploads for row in seen.rows if row.method == method and row.ok and name != "quiz")
    return Tally(
        sent=judged.sets[name],
        uploads=uploads,
        cache_hits=judged.files[name] - uploads,
        violations=sum(one.count for one in seen.violations if one.method == method and name != "quiz"),
        duplicates=judged.duplicates[name],
        owed=len(
            {
                (bot, asset)
                for (bot, _), guest in seen.guests.items()
                for content in (content_for(block, guest.language) for block in blocks)
                for asset in contents.assets(content)
                if _kind(content) == name
            }
        ),
    )


def _contents(blocks: Iterable[Block]) -> Iterator[Content]:
    return (block.content for block in blocks)


def _kind(content: Content) -> str:
    return "quiz" if isinstance(content, Poll) and content.correct is not None else contents.kind(content)


def _method(kind: str) -> str:
    """The method that sends it. The sandbox counts a quiz as a poll."""
    named = {"text": "sendMessage", "album": "sendMediaGroup", "quiz": "sendPoll"}
    return named.get(kind) or "send" + kind.title().replace("_", "")

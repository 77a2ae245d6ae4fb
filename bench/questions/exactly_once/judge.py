"""The verdict on a run: what people did, against what the sandbox saw. Pure.

Rules: a silence lasts from one touch to the next. For the engine it ends when the touch is acknowledged. The first
message that arrives within GRACE_MS after that has crossed; any later one, and any second one, is an error.
A message belongs to the newest silence if it could be due for it, or if that silence already has messages. Otherwise it
belongs to the previous silence if that one lacks it, and else to the newest, where it is early. A message from before
the touch was acknowledged belongs to the previous silence, too, if the newest owes nothing or got the same one later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from bench.harness import pace
from bench.harness.pace import Pace
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS
from bench.sandbox.protocol import Row

GRACE_MS: Final = 250

Chat: TypeAlias = tuple[int, int]

WRONG: Final = ("duplicates", "lost", "sent_after_reply", "sent_to_paid", "sent_to_opted_out", "early")
"""What must be 0 in any run."""
_PLACES: Final = {message.text: place for place, message in enumerate(SEQUENCE)}
_STEPS: Final = {(message.step, message.block): place for place, message in enumerate(SEQUENCE)}
_EARLIEST_MS: Final = tuple(accumulate((message.wait_ms for message in SEQUENCE), initial=THRESHOLD_MS))[1:]


class JudgementError(Exception):
    """The record holds something that the script does not know, so there is no verdict."""


class Silence(NamedTuple):
    """`acked_ms`: when the touch that began it was acknowledged. `must`: how many messages have to go out.

    `paid`, `opted_out`: the person had done so by then.
    """

    began_ms: int
    acked_ms: int | None
    must: int
    paid: bool = False
    opted_out: bool = False

    @property
    def listens(self) -> bool:
        return not (self.paid or self.opted_out)


class Undecided(NamedTuple):
    """A delivery whose outcome PostgreSQL holds as unknown."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str


class Spread(NamedTuple):
    p50: int
    p99: int
    max: int


class Verdict(NamedTuple):
    """`optional`: accepted during the silence beyond what must go out, because a racing reply was too late."""

    chats: int
    episodes: int
    sent: int
    expected: int
    optional: int
    duplicates: int
    lost: int
    crossed: int
    sent_after_reply: int
    sent_to_paid: int
    sent_to_opted_out: int
    early: int
    unknown: int
    broken_off: int
    lateness_ms: Spread
    pace: Pace

    def holds(self, doubtful: int = 0) -> bool:
        """Nothing went wrong, and at most `doubtful` sends have an unknown outcome."""
        return not (any(getattr(self, name) for name in WRONG) or self.pace.over) and self.unknown <= doubtful


class Requests(NamedTuple):
    """The requests of one silence: all in order of arrival, and by their place in the sequence."""

    all: list[Row]
    at: defaultdict[int, list[Row]]

    def lack(self, place: int) -> bool:
        """Whether no message was accepted there: one that was refused may come again."""
        return not any(row.ok for row in self.at.get(place, []))


class Findings(NamedTuple):
    """What one silence adds to the verdict."""

    optional: int = 0
    duplicates: int = 0
    lost: int = 0
    crossed: int = 0
    sent_after_reply: int = 0
    sent_to_paid: int = 0
    sent_to_opted_out: int = 0
    early: int = 0

    @property
    def wrong(self) -> dict[str, int]:
        """What must be 0 and is not."""
        return {name: count for name, count in self._asdict().items() if name in WRONG and count}


def judge(
    chats: Mapping[Chat, Sequence[Silence]], rows: Iterable[Row], undecided: Collection[Undecided] = ()
) -> Verdict:
    """Raises JudgementError."""
    sends = _sends(rows)
    by_chat = requests_of(chats, sends)
    totals = _sum(_judge_chats(chats, by_chat, undecided).values())
    listening = [silence for silences in chats.values() for silence in silences if silence.listens]
    return Verdict(
        chats=len(chats),
        episodes=sum(silence.must > 0 for silence in listening),
        sent=sum(bool(row.ok) for row in sends),
        expected=sum(silence.must for silence in listening),
        **totals._asdict(),
        unknown=len(undecided),
        broken_off=sum(row.broken_off is not None for row in sends),
        lateness_ms=spread(_lateness(chats, by_chat)),
        pace=pace.measure(sends),
    )


def wrong(
    chats: Mapping[Chat, Sequence[Silence]], rows: Iterable[Row], undecided: Collection[Undecided] = ()
) -> dict[Chat, Findings]:
    """The chats in which a promise was broken. Raises JudgementError."""
    found = _judge_chats(chats, requests_of(chats, rows), undecided).items()
    return {chat: findings for chat, findings in found if findings.wrong}


def requests_of(chats: Mapping[Chat, Sequence[Silence]], rows: Iterable[Row]) -> dict[Chat, list[Requests]]:
    """The requests of each silence. Raises JudgementError."""
    found = {chat: [Requests([], defaultdict(list)) for _ in silences] for chat, silences in chats.items()}
    for row in _sends(rows):
        chat = (row.bot_id, row.chat_id or 0)
        if chat not in chats:
            raise JudgementError(f"The sandbox saw a message to a chat that the script does not know: {chat}.")
        place = place_of(row)
        requests = found[chat][_silence_of(chats[chat], found[chat], row.arrived_ms, place)]
        requests.all.append(row)
        requests.at[place].append(row)
    for chat, of_chat in found.items():
        _give_back(chats[chat], of_chat)
    return found


def excused_places(
    chats: Mapping[Chat, Sequence[Silence]], undecided: Iterable[Undecided]
) -> defaultdict[tuple[Chat, int], set[int]]:
    """The places of each silence whose outcome is unknown."""
    found: defaultdict[tuple[Chat, int], set[int]] = defaultdict(set)
    for row in undecided:
        chat = (row.bot_id, row.chat_id)
        found[chat, _at(chats[chat], row.episode_id)].add(_STEPS[row.step, row.block])
    return found


def place_of(row: Row) -> int:
    """The place of a request's message in the sequence. Raises JudgementError."""
    if row.text not in _PLACES:
        raise JudgementError(f"The sandbox saw a message that the campaign does not have: request {row.seq}.")
    return _PLACES[row.text]


def spread(values: Iterable[int]) -> Spread:
    """By the nearest rank; all 0 if there are no values."""
    ordered = sorted(values)
    if not ordered:
        return Spread(0, 0, 0)
    return Spread(*(ordered[-(-len(ordered) * rank // 100) - 1] for rank in (50, 99, 100)))


def _sends(rows: Iterable[Row]) -> list[Row]:
    return sorted((row for row in rows if row.method == "sendMessage"), key=lambda row: row.arrived_ms)


def _judge_chats(
    chats: Mapping[Chat, Sequence[Silence]],
    by_chat: Mapping[Chat, Sequence[Requests]],
    undecided: Iterable[Undecided],
) -> dict[Chat, Findings]:
    excuses = excused_places(chats, undecided)
    return {
        chat: _sum(_judge_silence(silences, at, by_chat[chat], excuses[chat, at]) for at in range(len(silences)))
        for chat, silences in chats.items()
    }


def _sum(findings: Iterable[Findings]) -> Findings:
    return Findings(*(sum(column) for column in zip(Findings(), *findings, strict=True)))


def _silence_of(silences: Sequence[Silence], found: Sequence[Requests], arrived_ms: int, place: int) -> int:
    newest = max(_at(silences, arrived_ms), 0)
    heard = sum(silence.acked_ms is not None and silence.acked_ms <= arrived_ms for silence in silences) - 1
    oldest = max(min(heard, newest - 1), 0)
    lacking = [at for at in range(newest, oldest - 1, -1) if found[at].lack(place)]
    going_on = [at for at in lacking if heard < newest and place - 1 in found[at].at]
    if not going_on and (_could_be_due(silences[newest], place, arrived_ms) or found[newest].all):
        return newest
    due = [at for at in lacking if _could_be_due(silences[at], place, arrived_ms)]
    return next(iter([*going_on, *due, *(at for at in lacking if at < newest)]), newest)


def _could_be_due(silence: Silence, place: int, arrived_ms: int) -> bool:
    return arrived_ms >= silence.began_ms + _EARLIEST_MS[place]


def _give_back(silences: Sequence[Silence], found: Sequence[Requests]) -> None:
    """Messages that went out for the previous silence because the engine had not heard of the newest one yet."""
    for silence, newest, before in zip(silences[1:], found[1:], found, strict=False):
        for place, rows in newest.at.items():
            old = _for_the_one_before(silence, rows)
            if old and before.lack(place):
                newest.at[place] = rows[len(old) :]
                newest.all[:] = [row for row in newest.all if row not in old]
                before.at[place] += old
                before.all.extend(old)


def _for_the_one_before(silence: Silence, rows: Sequence[Row]) -> list[Row]:
    """All but the last message, as far as nobody had heard of the silence; and that one too, if nothing was owed."""
    unheard = [row for row in rows if silence.acked_ms is None or row.arrived_ms <= silence.acked_ms]
    if not silence.listens:
        return unheard
    accepted = [at for at, row in enumerate(rows) if row.ok]
    return unheard[: accepted[-2] + 1] if len(accepted) > 1 else []


def _at(silences: Sequence[Silence], moment_ms: int) -> int:
    """Which silence was the newest at a moment; -1 before all of them."""
    return sum(silence.began_ms <= moment_ms for silence in silences) - 1


def _judge_silence(
    silences: Sequence[Silence], at: int, found: Sequence[Requests], excused: Collection[int]
) -> Findings:
    silence, requests = silences[at], found[at]
    if silence.paid:
        return Findings(sent_to_paid=len(requests.all))
    if silence.opted_out:
        return Findings(sent_to_opted_out=len(requests.all))
    accepted = {place: sum(bool(row.ok) for row in rows) for place, rows in requests.at.items()}
    ended_ms = silences[at + 1].acked_ms if at + 1 < len(silences) else None
    crossed, after = _late(requests.all, ended_ms)
    return Findings(
        optional=sum(count > 0 and place >= silence.must for place, count in accepted.items()),
        duplicates=sum(max(0, count - 1) for count in accepted.values()),
        lost=len({*range(silence.must)} - {*excused} - _served(silences, at, found)),
        crossed=crossed,
        sent_after_reply=after,
        early=_early(silence, requests),
    )


def _served(silences: Sequence[Silence], at: int, found: Sequence[Requests]) -> set[int]:
    """The places of which nothing is owed any more. A reply cancels the message under way, if that was not accepted;
    and what it answers went out for the previous silence if the engine had not heard of this one.
    """
    silence, requests = silences[at], found[at]
    places = {place for place in requests.at if not requests.lack(place)}
    if at + 1 == len(silences):
        return places
    under_way = {silence.must - 1} & {place for place, rows in requests.at.items() if rows}
    before: Iterable[tuple[int, list[Row]]] = found[at - 1].at.items() if at else ()
    return (
        places
        | under_way
        | {place for place, rows in before if any(row.ok and row.arrived_ms >= silence.began_ms for row in rows)}
    )


def _late(requests: Sequence[Row], ended_ms: int | None) -> tuple[int, int]:
    """How many requests crossed the reply, and how many were sent after it."""
    late = [row.arrived_ms for row in requests if ended_ms is not None and row.arrived_ms > ended_ms]
    crossed = bool(late) and ended_ms is not None and late[0] <= ended_ms + GRACE_MS
    return int(crossed), len(late) - crossed


def _early(silence: Silence, requests: Requests) -> int:
    """How many requests came before the touch plus threshold and schedule, or too soon after the previous message."""
    early = 0
    for place, rows in requests.at.items():
        due_ms = silence.began_ms + _EARLIEST_MS[place]
        if before := requests.at.get(place - 1):
            due_ms = max(due_ms, before[0].arrived_ms + SEQUENCE[place].wait_ms)
        early += sum(row.arrived_ms < due_ms for row in rows)
    return early


def _lateness(chats: Mapping[Chat, Sequence[Silence]], by_chat: Mapping[Chat, Sequence[Requests]]) -> list[int]:
    """How long each silence waited for its first message, beyond the threshold."""
    return [
        requests.at[0][0].arrived_ms - silence.began_ms - THRESHOLD_MS
        for chat, silences in chats.items()
        for silence, requests in zip(silences, by_chat[chat], strict=True)
        if requests.at.get(0) and silence.listens
    ]

"""How long messages waited because of a strike: from when the service could recover until they went out. Pure.

A message was held up by a strike if it was due before the service could recover and arrived after that, or if it became
due within HORIZON_MS of it and was late. A message whose bot Telegram made wait meanwhile says nothing of recovery.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bench.questions.chaos.ground import Hold, Struck
from bench.questions.chaos.plan import TELEGRAM, Kind
from bench.questions.exactly_once.judge import Chat, Requests, Silence
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS

MOST_MS: Final = 5_000
HORIZON_MS: Final = 8_000
LATE_MS: Final = 1_500
"""A silence whose update is taken in late counts from the end of its second."""


class Wait(NamedTuple):
    """A message: when it was due, and when its first request arrived."""

    bot: int
    due_ms: int
    arrived_ms: int


def waits(chats: Mapping[Chat, Sequence[Silence]], requests: Mapping[Chat, Sequence[Requests]]) -> list[Wait]:
    """Of all messages whose due is certain: the first ones, and those after a message that was answered."""
    return [
        wait
        for chat, silences in chats.items()
        for silence, of_silence in zip(silences, requests[chat], strict=True)
        if silence.listens
        for wait in _waits(chat[0], silence, of_silence)
    ]


def recoveries(messages: Sequence[Wait], struck: Sequence[Struck], holds: Sequence[Hold] = ()) -> dict[Kind, list[int]]:
    """How long the messages waited that each kind of strike held up, in ms."""
    undisturbed = [message for message in messages if not any(_meets(message, hold) for hold in holds)]
    found: defaultdict[Kind, list[int]] = defaultdict(list)
    for one in struck:
        if one.strike.kind not in TELEGRAM.lasts_s:
            found[one.strike.kind] += _held_up(undisturbed, one.recoverable_ms)
    return dict(found)


def _waits(bot: int, silence: Silence, requests: Requests) -> Iterator[Wait]:
    for place, rows in requests.at.items():
        due_ms = _due_ms(silence, requests, place)
        if rows and due_ms is not None:
            yield Wait(bot, due_ms, rows[0].arrived_ms)


def _due_ms(silence: Silence, requests: Requests, place: int) -> int | None:
    if not place:
        return silence.began_ms + THRESHOLD_MS
    before = requests.at.get(place - 1, [])
    answered = [row.completed_ms for row in before if row.ok and row.broken_off is None and row.completed_ms]
    return answered[0] + SEQUENCE[place].wait_ms if answered else None


def _meets(message: Wait, hold: Hold) -> bool:
    return message.bot == hold.bot and message.due_ms < hold.until_ms and hold.from_ms < message.arrived_ms


def _held_up(messages: Sequence[Wait], since_ms: int) -> Iterator[int]:
    for message in messages:
        late = message.arrived_ms - message.due_ms > LATE_MS
        if message.due_ms <= since_ms < message.arrived_ms:
            yield message.arrived_ms - since_ms
        elif since_ms < message.due_ms <= since_ms + HORIZON_MS and late:
            yield message.arrived_ms - message.due_ms

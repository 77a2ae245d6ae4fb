"""What is owed after another program has read a bot's updates: unfinished silences begin again with the doubt. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from bench.questions.exactly_once.judge import Chat, Silence, place_of
from bench.questions.exactly_once.script import SEQUENCE
from bench.sandbox.protocol import Row

_WHOLE: Final = frozenset(range(len(SEQUENCE)))


class Doubt(NamedTuple):
    """The other program took the first update at `since_ms`. No silence that began before `until_ms` is believed."""

    since_ms: int
    until_ms: int


def renewed(
    chats: Mapping[Chat, Sequence[Silence]], rows: Iterable[Row], doubts: Mapping[int, Doubt]
) -> dict[Chat, list[Silence]]:
    """The silences of each chat, given the doubt about its bot: nothing may go out while it lasts.

    Raises JudgementError.
    """
    accepted: defaultdict[Chat, list[Row]] = defaultdict(list)
    for row in rows:
        if row.method == "sendMessage" and row.ok:
            accepted[row.bot_id, row.chat_id or 0].append(row)
    return {
        chat: _split(silences, accepted[chat], doubts[chat[0]]) if chat[0] in doubts else list(silences)
        for chat, silences in chats.items()
    }


def _split(silences: Sequence[Silence], accepted: Iterable[Row], doubt: Doubt) -> list[Silence]:
    begun = sum(silence.began_ms <= doubt.until_ms for silence in silences)
    before, after = list(silences[:begun]), silences[begun:]
    if not before or not before[-1].listens:
        return list(silences)
    told = {place_of(row) for row in accepted if before[-1].began_ms <= row.arrived_ms < doubt.until_ms}
    if told >= _WHOLE:
        return list(silences)
    again = Silence(doubt.until_ms, doubt.since_ms, _owed(before[-1], told, answered=bool(after)))
    return [*before[:-1], before[-1]._replace(must=0), again, *after]


def _owed(silence: Silence, told: Collection[int], *, answered: bool) -> int:
    """Nothing to a person who answers what went out before the doubt."""
    return 0 if answered and {*range(silence.must)} <= {*told} else silence.must

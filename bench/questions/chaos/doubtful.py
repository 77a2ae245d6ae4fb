"""Which unknown outcomes the sandbox's record explains, and how many a storm may leave at all. Pure.

A send whose connection broke is in doubt, and each killed poller may leave one request of which there is no trace.
"""

from collections.abc import Iterable, Mapping, Sequence

from bench.questions.chaos.ground import Struck
from bench.questions.exactly_once.judge import Chat, Requests, Silence, Undecided, excused_places


def most_unknown(broken_off: int, struck: Iterable[Struck]) -> int:
    return broken_off + sum(one.blow.killed_pollers for one in struck)


def unexplained(
    chats: Mapping[Chat, Sequence[Silence]],
    requests: Mapping[Chat, Sequence[Requests]],
    undecided: Iterable[Undecided],
) -> dict[Chat, int]:
    """How many outcomes of a chat are unknown although no request for their message was broken off."""
    found = {
        chat: sum(not _broken_off(requests[chat][at], place) for place in places)
        for (chat, at), places in excused_places(chats, undecided).items()
    }
    return {chat: count for chat, count in found.items() if count}


def _broken_off(requests: Requests, place: int) -> bool:
    return any(row.broken_off is not None for row in requests.at.get(place, []))

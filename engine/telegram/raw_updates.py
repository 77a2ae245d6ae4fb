"""The answer to getUpdates, cut into its updates, so that none of them can spoil the others.

A decoder refuses the whole answer for half of a surrogate pair, absurd nesting or a byte that is not UTF-8, and the
same answer would come again for ever. So the answer is cut by its brackets and quotes alone, and each update is decoded
by itself. Of one that cannot be decoded, its number and its kind may be logged, and nothing else.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import msgspec

from engine.telegram.refused_call import NOT_THE_BOT_API, UNREADABLE, Refused

UNKNOWN_KIND: Final = "unknown"
MOST_NUMBER: Final = 2**31 - 1
"""Telegram numbers updates with 32 bits. A larger number would confirm updates that are yet to come."""
_MARKS: Final = re.compile(rb'"(\w+)"\s*+:|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
"""The name of a field; any other string; a bracket."""
_INTEGER: Final = re.compile(rb"\s*+(\d{1,10})\s*+[,}]")
_NUMBER: Final = "update_id"
_LIST_DEPTH: Final = 2
"""The updates are the objects inside the list inside the answer."""


class Label(NamedTuple):
    """What may be said about an update. `number` is None if it has no number of Telegram's."""

    number: int | None
    kind: str


NOTHING_NUMBERED: Final = Refused(0, "none of the updates has a number")
"""They cannot be acknowledged, and would come again at once."""


class _Envelope(msgspec.Struct):
    ok: bool
    result: list[msgspec.Raw] | None = None
    error_code: int = 0
    description: str = ""


def cut(body: bytes) -> list[bytes] | Refused:
    """The updates of an answer, each as JSON that may still be bad."""
    places = list(_places(body))
    begins, ends = [0, *(end for _, end in places)], [*(begin for begin, _ in places), len(body)]
    without = b"0".join(body[begin:end] for begin, end in zip(begins, ends, strict=True))
    try:
        envelope = msgspec.json.decode(without, type=_Envelope)
    except UNREADABLE:
        return NOT_THE_BOT_API
    if not envelope.ok:
        return Refused(envelope.error_code, envelope.description)
    if envelope.result is None:
        return NOT_THE_BOT_API
    return [body[begin:end] for begin, end in places]


def label(update: bytes, kinds: Collection[str]) -> Label:
    """The number, and which of these kinds it is. A number or name that Telegram does not give is not repeated."""
    number, kind = None, UNKNOWN_KIND
    for name, end in _fields(update):
        if name == _NUMBER:
            number = _integer(update, end)
        elif name in kinds:
            kind = name
        if number is not None and kind != UNKNOWN_KIND:
            break
    return Label(number, kind)


def _places(body: bytes) -> Iterator[tuple[int, int]]:
    """Where each update begins and ends."""
    depth = begin = 0
    for mark in _MARKS.finditer(body):
        sign = mark[0]
        if sign in b"[{":
            begin = mark.start() if depth == _LIST_DEPTH else begin
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth == _LIST_DEPTH:
                yield begin, mark.end()


def _fields(update: bytes) -> Iterator[tuple[str, int]]:
    """The names of the update's own fields, and where their values begin."""
    depth = 0
    for mark in _MARKS.finditer(update):
        sign = mark[0]
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        elif mark[1] and depth == 1:
            yield mark[1].decode(), mark.end()


def _integer(update: bytes, place: int) -> int | None:
    found = _INTEGER.match(update, place)
    number = int(found[1]) if found else 0
    return number if 0 < number <= MOST_NUMBER else None

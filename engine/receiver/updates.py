"""Decodes the answer to a poll, and an update from a webhook. `update_kinds` says what an update means.

A bad update is left out and affects no other: one that is not JSON, that Telegram would not write, or with a number too
large for the databases. Only its number and its kind are known of it, and they are all that may be logged.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from engine.receiver.events import Event
from engine.receiver.update_fields import Update
from engine.receiver.update_kinds import KINDS, event_of
from engine.runtime import metrics
from engine.telegram.raw_updates import NOTHING_NUMBERED, Label, cut, label
from engine.telegram.refused_call import NOT_THE_BOT_API, UNREADABLE, Refused

_UNFIT: Final = (*UNREADABLE, ValueError)


class Reading(NamedTuple):
    """An update as it was read. `bad`: it could not be, and `number` is None if not even its number could."""

    number: int | None
    event: Event | None
    bad: Label | None = None


class Batch(NamedTuple):
    """The updates of one poll: how many, their numbers, what they mean, and those that could not be read."""

    size: int
    numbers: tuple[int, ...]
    events: tuple[Event, ...]
    bad: tuple[Label, ...]

    @property
    def last_id(self) -> int | None:
        """Updates come in the order of their numbers, so the last is the highest."""
        return self.numbers[-1] if self.numbers else None


class _Answer(msgspec.Struct):
    ok: bool
    result: list[msgspec.Raw] | None = None
    error_code: int = 0
    description: str = ""


def read_answer(body: bytes) -> Batch | Refused:
    """Decode the answer to a poll."""
    updates = _updates(body)
    if isinstance(updates, Refused):
        return updates
    batch = _batch(list(map(read_update, updates)))
    if batch.size and batch.last_id is None:
        return NOTHING_NUMBERED
    return batch


def read_update(body: bytes | msgspec.Raw) -> Reading:
    """Decode one update, as a webhook delivers it."""
    try:
        update = msgspec.json.decode(body, type=Update)
        return Reading(update.update_id, event_of(update))
    except _UNFIT:
        bad = label(bytes(body), KINDS)
        return Reading(bad.number, None, bad)


def report_bad(log: Any, bad: Sequence[Label]) -> None:
    """Count the updates that were left out, and say so, without a word of what they contain."""
    metrics.unreadable.inc(len(bad))
    for number, kind in bad:
        log.warning("Update left out: it cannot be read", update=number, kind=kind)


def _updates(body: bytes) -> Sequence[bytes | msgspec.Raw] | Refused:
    """One decoder for all is twenty times faster than cutting, and gives up on all because of one."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except UNREADABLE:
        return cut(body)
    if not answer.ok:
        return Refused(answer.error_code, answer.description)
    return NOT_THE_BOT_API if answer.result is None else answer.result


def _batch(readings: Sequence[Reading]) -> Batch:
    numbers = tuple(reading.number for reading in readings if reading.number is not None)
    events = tuple(reading.event for reading in readings if reading.event is not None)
    bad = tuple(reading.bad for reading in readings if reading.bad is not None)
    return Batch(len(readings), numbers, events, bad)

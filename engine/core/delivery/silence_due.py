"""When a silence begins its episode: after the threshold, and the pauses in which it stood still.

The due of an armed silence is kept in Redis alone. It can always be computed again from the last sign of life, the
published threshold and the pauses that are over, so that a resume, a publication and a rebuild agree.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery.replan import SPREAD_MS, Policy
from engine.core.schedule import sending_hours


class Pause(NamedTuple):
    """The time in which nothing went out, and what it does to delays."""

    began_ms: int
    over_ms: int
    policy: Policy


def due_ms(newest: Snapshot, pauses: Sequence[Pause], chat_id: int, seen_ms: int) -> int:
    """When a silence of which nothing else is known begins its episode; the oldest pause comes first."""
    lived = [pause for pause in pauses if seen_ms < pause.over_ms]
    return resumed_due_ms(newest, lived, chat_id, seen_ms) if lived else seen_ms + newest.threshold_ms


def included_due_ms(
    newest: Snapshot, pauses: Sequence[Pause], chat_id: int, seen_ms: int, armed_ms: int, now_ms: int
) -> int:
    """When an armed silence begins its episode, once a shorter threshold counts for it."""
    soon_ms = now_ms + sending_hours.spread_over(chat_id, SPREAD_MS)
    return min(armed_ms, max(due_ms(newest, pauses, chat_id, seen_ms), soon_ms))


def resumed_due_ms(
    newest: Snapshot, pauses: Sequence[Pause], chat_id: int, seen_ms: int, armed_ms: int | None = None
) -> int:
    """When a silence begins its episode, once the last of these pauses is over; the oldest pause comes first.

    `armed_ms` is the due of an armed timer, if there is one: before the end of the pause it cannot have been moved. All
    other timers are computed from all pauses, so that doing it twice gives the same result. A due that is too late is
    left to the gate.
    """
    last = pauses[-1]
    if armed_ms is not None and seen_ms >= last.over_ms:
        return armed_ms
    moved_ms = _stood(newest, last, seen_ms, armed_ms) if armed_ms and armed_ms <= last.over_ms else armed_ms or 0
    planned_ms = max(_through_all(newest, pauses, seen_ms), moved_ms)
    late_ms = last.over_ms - planned_ms
    if late_ms < 0 or (last.policy == "as_if_never_paused" and late_ms > newest.lateness_ms):
        return planned_ms
    return last.over_ms + sending_hours.spread_over(chat_id, SPREAD_MS)


def _through_all(newest: Snapshot, pauses: Sequence[Pause], seen_ms: int) -> int:
    planned_ms = seen_ms + newest.threshold_ms
    for pause in pauses:
        planned_ms = _stood(newest, pause, seen_ms, planned_ms)
    return planned_ms


def _stood(newest: Snapshot, pause: Pause, seen_ms: int, planned_ms: int) -> int:
    """The moment at which a silence would have lasted long enough, moved by a pause."""
    began_ms = max(pause.began_ms, seen_ms)
    if not began_ms < pause.over_ms:
        return planned_ms
    match pause.policy:
        case "restart":
            return max(planned_ms, pause.over_ms + newest.threshold_ms)
        case "continue" if planned_ms > began_ms:
            return planned_ms + pause.over_ms - began_ms
        case _:
            return planned_ms

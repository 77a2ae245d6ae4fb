"""The bucket by which a bot's pace is judged, on arrivals made by hand."""

from itertools import chain

import pytest

from bench.harness.pace import JITTER_S, RATE, TOLERANCE, Pace, allowed, levels, measure
from bench.sandbox.protocol import Row

GAP_MS = 1000 // RATE
BOT, OTHER = 7, 8
ALLOWED = allowed(RATE)


def rows(*arrivals_ms: int, bot: int = BOT, ok: bool = True, method: str = "sendMessage") -> list[Row]:
    return [Row(place, bot, method, moment, ok=ok) for place, moment in enumerate(arrivals_ms)]


def at_pace(since_ms: int, count: int) -> list[int]:
    return [since_ms + place * GAP_MS for place in range(count)]


def test_each_arrival_fills_by_one_and_the_pace_leaks() -> None:
    assert levels([0, 0, GAP_MS, GAP_MS + 2 * GAP_MS]) == [1, 2, 2, 1]


def test_an_empty_bucket_stays_empty() -> None:
    assert levels([0, 60_000]) == [1, 1]


def test_a_bot_at_its_pace_is_never_ahead() -> None:
    assert measure(rows(*at_pace(1_000, 500))) == Pace({BOT: 0}, 0)


def test_the_burst_that_the_engine_allows_is_not_ahead() -> None:
    assert measure(rows(*[0] * int(ALLOWED), *at_pace(GAP_MS, 100))) == Pace({BOT: 0}, 0)


def test_messages_held_up_for_a_moment_are_ahead_but_within_the_tolerance() -> None:
    burst_ms = 2_000 - round(JITTER_S * 1000)
    taken_ms = [*[burst_ms] * int(ALLOWED), *at_pace(burst_ms + GAP_MS, 100)]
    found = measure(rows(*(max(moment, 2_000) for moment in taken_ms)))
    assert 0 < found.overfill[BOT] <= TOLERANCE
    assert found.over == 0


def test_two_pollers_at_once_exceed_the_tolerance_within_two_seconds() -> None:
    twice = sorted(at_pace(0, 2 * RATE) * 2)
    assert measure(rows(*twice)).over > 0


def test_each_request_beyond_the_tolerance_is_counted() -> None:
    assert measure(rows(*[0] * int(ALLOWED + TOLERANCE + 3))) == Pace({BOT: TOLERANCE + 3}, 3)


def test_each_bot_has_a_bucket_of_its_own() -> None:
    full = int(ALLOWED)
    found = measure(chain(rows(*[0] * full), rows(*[0] * (full + 1), bot=OTHER)))
    assert found == Pace({BOT: 0, OTHER: 1}, 0)
    assert found.worst == 1


@pytest.mark.parametrize(("method", "ok"), [("sendMessage", False), ("getUpdates", True)])
def test_only_accepted_messages_count(method: str, *, ok: bool) -> None:
    assert measure(rows(*[0] * 100, ok=ok, method=method)) == Pace({}, 0)


def test_the_order_of_the_record_does_not_matter() -> None:
    assert measure(rows(*reversed(at_pace(0, 50)))) == measure(rows(*at_pace(0, 50)))


def test_a_bot_that_sent_nothing_is_not_ahead() -> None:
    assert measure([]).worst == 0

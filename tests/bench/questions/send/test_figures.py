"""A herd holds if everybody got one message, none was refused, and no limit was exceeded."""

import msgspec
import pytest

from bench.questions.send.figures import Figures, Herd, figures
from bench.sandbox.protocol import Row

_HERD = Herd(25, 1, 3, limited=True)
_SINCE_MS = 1_000
_USED = {"pollers": 1.0}, {"pollers": 1.3}
_ROWS = [Row(n, 1, "sendMessage", 1_000 + 500 * n, chat_id=n, ok=True) for n in range(3)]


def _figures(rows: list[Row], violations: int = 0) -> Figures:
    return figures(_HERD, rows, _SINCE_MS, violations, _USED)


def test_the_rate_counts_from_the_first_message_to_the_last() -> None:
    found = _figures([*_ROWS, Row(9, 1, "getUpdates", 90_000, ok=True)])
    assert (found.holds, found.messages, found.per_s) == (True, 3, 3)
    assert found.cpu_ms_per_message["pollers"] == 100.0


def test_a_request_of_before_the_herd_does_not_count_although_its_connection_closes_now() -> None:
    before = Row(0, 1, "sendMessage", _SINCE_MS - 1, chat_id=9, ok=True, closed_ms=_SINCE_MS + 200)
    assert _figures([before, *_ROWS]) == _figures(_ROWS)


@pytest.mark.parametrize(
    ("rows", "violations"),
    [
        (_ROWS[:2], 0),
        ([*_ROWS[:2], msgspec.structs.replace(_ROWS[1], seq=7)], 0),
        ([*_ROWS, Row(9, 1, "sendMessage", 2_100, chat_id=2, ok=False, error_code=429)], 0),
        (_ROWS, 1),
        ([], 0),
    ],
)
def test_a_loss_a_duplicate_a_refusal_or_a_violation_is_not_held(rows: list[Row], violations: int) -> None:
    assert not _figures(rows, violations).holds

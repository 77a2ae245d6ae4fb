"""What Telegram's refusals mean: line by line what the design says of the wire."""

import pytest

from engine.core.outcome import (
    MAX_ATTEMPTS,
    Outcome,
    Rejected,
    RetryLater,
    Unauthorized,
    Unknown,
    Unreachable,
    not_sent,
    of_refusal,
)


@pytest.mark.parametrize(
    ("code", "description", "retry_after_s", "outcome"),
    [
        (429, "Too Many Requests: retry after 7", 7, RetryLater(7_000, bot_wide=True)),
        (429, "Too Many Requests", None, RetryLater(5_000, bot_wide=True)),
        (429, "Too Many Requests: retry after 0", 0, RetryLater(0, bot_wide=True)),
        (403, "Forbidden: bot was blocked by the user", None, Unreachable()),
        (403, "Forbidden: user is deactivated", None, Unreachable()),
        (403, "Forbidden: bot can't initiate conversation with a user", None, Unreachable()),
        (400, "Bad Request: chat not found", None, Unreachable()),
        (400, "Bad Request: CHAT NOT FOUND", None, Unreachable()),
        (400, "Bad Request: PEER_ID_INVALID", None, Unreachable()),
        (400, "Bad Request: can't parse entities", None, Rejected("Bad Request: can't parse entities")),
        (400, "Bad Request: message caption is too long", None, Rejected("Bad Request: message caption is too long")),
        (413, "Request Entity Too Large", None, Rejected("Request Entity Too Large")),
        (401, "Unauthorized", None, Unauthorized()),
        (500, "Internal Server Error", None, RetryLater(1_000, bot_wide=False)),
        (502, "Bad Gateway", None, RetryLater(1_000, bot_wide=False)),
        (500, "Internal Server Error: restart", None, Unknown("Internal Server Error: restart")),
        (500, "Request aborted", None, Unknown("Request aborted")),
    ],
)
def test_a_refusal_means(code: int, description: str, retry_after_s: int | None, outcome: Outcome) -> None:
    assert of_refusal(code, description, retry_after_s, attempts=1) == outcome


def test_what_surely_did_not_leave_waits_twice_as_long_each_time() -> None:
    waits = [not_sent(attempts).after_ms for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000]


def test_a_long_description_is_cut() -> None:
    assert of_refusal(400, "x" * 5_000, None, attempts=1) == Rejected("x" * 200)

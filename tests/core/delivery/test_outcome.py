"""What Telegram's refusals mean: line by line what the design says of the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.delivery.outcome import (
    MAX_ATTEMPTS,
    FileRefused,
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
        (429, "Too Many Requests: retry after 0", 0, RetryLater(1_000, bot_wide=True)),
        (429, "Too Many Requests: retry after 99999999", 99_999_999, RetryLater(1_209_600_000, bot_wide=True)),
        (403, "Forbidden: bot was blocked by the user", None, Unreachable()),
        (403, "Forbidden: user is deactivated", None, Unreachable()),
        (403, "Forbidden: bot can't initiate conversation with a user", None, Unreachable()),
        (400, "Bad Request: chat not found", None, Unreachable()),
        (400, "Bad Request: CHAT NOT FOUND", None, Unreachable()),
        (400, "Bad Request: PEER_ID_INVALID", None, Unreachable()),
        (400, "Bad Request: USER_IS_BLOCKED", None, Unreachable()),
        (400, "Bad Request: INPUT_USER_DEACTIVATED", None, Unreachable()),
        (400, "Bad Request: ALLOW_PAYMENT_REQUIRED_10", None, Unreachable()),
        (400, "Bad Request: PRIVACY_PREMIUM_REQUIRED", None, Unreachable()),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", None, Unreachable()),
        (400, "Bad Request: need administrator rights in the channel chat", None, Unreachable()),
        (400, "Bad Request: have no rights to send a message", None, Unreachable()),
        (403, "Forbidden: bot was kicked from the group chat", None, Unreachable()),
        (403, "Forbidden: the bot can't send messages to the bot", None, Unreachable()),
        (403, "", None, Unreachable()),
        (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", None, Rejected("Bad Request: VOICE_MESSAGES_FORBIDDEN")),
        (403, "Forbidden: VOICE_MESSAGES_FORBIDDEN", None, Rejected("Forbidden: VOICE_MESSAGES_FORBIDDEN")),
        (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", None, Rejected("Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN")),
        (400, "Bad Request: can't parse entities", None, Rejected("Bad Request: can't parse entities")),
        (400, "Bad Request: message caption is too long", None, Rejected("Bad Request: message caption is too long")),
        (413, "Request Entity Too Large", None, Rejected("Request Entity Too Large")),
        (404, "Not Found: method not found", None, Rejected("Not Found: method not found")),
        (401, "Unauthorized", None, Unauthorized()),
        (404, "Not Found", None, Unauthorized()),
        (421, "Misdirected Request: unallowed token specified", None, Unauthorized()),
        (400, "Logged out", None, Unauthorized()),
        (409, "Conflict", None, RetryLater(1_000, bot_wide=False)),
        (500, "Internal Server Error", None, RetryLater(1_000, bot_wide=False)),
        (502, "Bad Gateway", None, Unknown("Bad Gateway")),
        (504, "Gateway Timeout", None, Unknown("Gateway Timeout")),
        (500, "", None, Unknown("error 500 without a word")),
        (
            500,
            "Internal Server Error: sent message was immediately deleted and can't be returned",
            None,
            Unknown("Internal Server Error: sent message was immediately deleted and can't be returned"),
        ),
        (500, "Internal Server Error: restart", None, Unknown("Internal Server Error: restart")),
        (500, "Request aborted", None, Unknown("Request aborted")),
    ],
)
def test_a_refusal_means(code: int, description: str, retry_after_s: int | None, outcome: Outcome) -> None:
    assert of_refusal(code, description, retry_after_s, attempts=1) == outcome


@pytest.mark.parametrize(
    "words",
    [
        "wrong file identifier/HTTP URL specified",
        "wrong remote file identifier specified: Wrong string length",
        "wrong file_id or the file is temporarily unavailable",
        "invalid file_id",
        "can't use file of type Photo as Video",
        "FILE_REFERENCE_EXPIRED",
    ],
)
def test_a_file_id_is_refused(words: str) -> None:
    assert of_refusal(400, f"Bad Request: {words}", None, attempts=1) == FileRefused(f"Bad Request: {words}")


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Wrong file identifier/HTTP URL specified", FileRefused),
        ("IMAGE_PROCESS_FAILED", Rejected),
        ("USER_IS_BLOCKED", Unreachable),
    ],
)
def test_an_album_is_judged_by_what_was_said_of_its_item(words: str, outcome: type[Outcome]) -> None:
    description = f'Bad Request: failed to send message #2 with the error message "{words}"'
    assert isinstance(of_refusal(400, description, None, attempts=1), outcome)


_SAID = (
    *("deactivated", "chat not found", "user is deactivated", "bot was blocked by the user", "PEER_ID_INVALID"),
    *("wrong file identifier/HTTP URL specified", "FILE_REFERENCE_EXPIRED", "VOICE_MESSAGES_FORBIDDEN", "logged out"),
    *("restart", "aborted", "method not found", "message is not modified", '"', '" chat not found', "x"),
    'failed to send message #1 with the error message "chat not found"',
)
_QUOTING = (
    '{kind}can\'t parse entities: Unsupported start tag "{said}" at byte offset 0',
    "{kind}can't parse entities: Can't find end tag corresponding to start tag \"{said}\"",
    '{kind}can\'t parse entities: Unmatched end tag at byte offset 3, expected "</b>", found "</{said}>"',
    "{kind}can't parse entities: Can't find end tag corresponding to start tag {said}",
    "{kind}inline keyboard button URL '{said}' is invalid: Wrong HTTP URL",
    '{kind}parameter "{said}" is required',
    '{kind}failed to send message #2 with the error message "can\'t parse entities: Unsupported start tag "{said}""',
)


@given(st.sampled_from(_QUOTING), st.sampled_from(_SAID) | st.text())
def test_what_a_refusal_quotes_does_not_change_what_it_means(template: str, said: str) -> None:
    refusal = of_refusal(400, template.format(kind="Bad Request: ", said=said), None, attempts=1)
    assert isinstance(refusal, Rejected)


@given(st.sampled_from(_SAID) | st.text())
def test_what_an_error_of_the_server_quotes_does_not_raise_a_doubt(said: str) -> None:
    outcome = of_refusal(500, f'Internal Server Error: can\'t keep "{said}" now', None, attempts=1)
    assert outcome == not_sent(attempts=1)


def test_unsent_requests_back_off_twice_as_long_each_time() -> None:
    waits = [not_sent(attempts).after_ms for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000]


def test_a_long_description_is_cut() -> None:
    assert of_refusal(400, "x" * 5_000, None, attempts=1) == Rejected("x" * 200)

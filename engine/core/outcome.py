"""What came of a send, as data. Classified by code and substring, never by whole sentences, which Telegram rewords.

The rule behind the table: what surely never left, or was surely refused, may be tried again; whatever may have arrived
is `Unknown` and is never sent again by itself. Sources: the Bot API server's answers and its client's traps.
"""

from typing import Final, NamedTuple


class Sent(NamedTuple):
    """An album has several messages."""

    message_ids: tuple[int, ...]


class RetryLater(NamedTuple):
    """`bot_wide`: the whole lane waits and no attempt is spent; else only this delivery does."""

    after_ms: int
    bot_wide: bool


class Unreachable(NamedTuple):
    """The person cannot be written to until they write again."""


class Rejected(NamedTuple):
    """The content was refused: the block fails, the next one goes on."""

    detail: str


class Unauthorized(NamedTuple):
    """The token was refused; not proof, the lane asks again before it believes it."""


class Unknown(NamedTuple):
    """It may have arrived."""

    detail: str


Outcome = Sent | RetryLater | Unreachable | Rejected | Unauthorized | Unknown

MAX_ATTEMPTS: Final = 5
FIRST_BACKOFF_MS: Final = 1_000
DEFAULT_RETRY_AFTER_MS: Final = 5_000
_DETAIL_LENGTH: Final = 200
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER = 400, 401, 403, 429, 500
_GONE: Final = ("chat not found", "user not found", "peer_id_invalid")
_PERHAPS_DONE: Final = ("restart", "aborted")


def of_refusal(code: int, description: str, retry_after_s: int | None, attempts: int) -> Outcome:
    """What a decoded error answer means, for a delivery on its nth attempt (from 1)."""
    text = description.lower()
    if code == _TOO_MANY:
        return RetryLater(DEFAULT_RETRY_AFTER_MS if retry_after_s is None else retry_after_s * 1000, bot_wide=True)
    if code == _UNAUTHORIZED:
        return Unauthorized()
    if code == _FORBIDDEN or (code == _BAD_REQUEST and any(words in text for words in _GONE)):
        return Unreachable()
    if code >= _SERVER:
        unsure = any(word in text for word in _PERHAPS_DONE)
        return Unknown(_short(description)) if unsure else not_sent(attempts)
    return Rejected(_short(description))


def not_sent(attempts: int) -> RetryLater:
    """The request surely never took effect: again, with a back-off that doubles."""
    return RetryLater(FIRST_BACKOFF_MS * 2 ** (attempts - 1), bot_wide=False)


def _short(description: str) -> str:
    return description[:_DETAIL_LENGTH]

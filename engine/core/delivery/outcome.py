"""What came of a send, as data. Classified by code and by the whole text of a refusal, word for word.

A refusal may quote what was sent, such as `Unsupported start tag "deactivated"`: words of an admin or of a user must
never be taken for Telegram's own. So a text is matched from end to end, and what is not in the table was refused for
its content.

The rule behind the table: a send that surely never left, or was surely refused, may be tried again; a send that may
have arrived is `Unknown` and is never repeated automatically. Sources: the Bot API server's answers and its client's
traps.

An album is one request, which Telegram takes or refuses as a whole: a refusal of one item, 'failed to send message #2
with the error message "…"', means that none arrived, and is judged by its inner text alone. The number is that of the
item that failed first, not of the one at fault.
"""

import re
from typing import Final, NamedTuple

from engine.core.content.model import MediaKind


class Sent(NamedTuple):
    """An album has several messages. For a deletion or an edit: these messages are now as wanted.

    `changed`: the kind that a file was sent as, and the one that Telegram made of it, if it is another.
    """

    message_ids: tuple[int, ...]
    changed: tuple[MediaKind, MediaKind] | None = None


class RetryLater(NamedTuple):
    """`bot_wide`: the whole lane waits and no attempt is spent; otherwise only this delivery waits."""

    after_ms: int
    bot_wide: bool


class Unreachable(NamedTuple):
    """The person cannot be written to until they write again."""


class Rejected(NamedTuple):
    """The content was refused: the block fails, the next one goes on."""

    detail: str


class FileRefused(NamedTuple):
    """A file id that worked before is refused, and has been dropped: the next attempt uploads the bytes again."""

    detail: str


class Unauthorized(NamedTuple):
    """The token was refused. This is not proof: the lane asks again before it believes it."""


class Unknown(NamedTuple):
    """The message may have arrived."""

    detail: str


Outcome = Sent | RetryLater | Unreachable | Rejected | FileRefused | Unauthorized | Unknown

MAX_ATTEMPTS: Final = 5
FIRST_BACKOFF_MS: Final = 1_000
DEFAULT_RETRY_AFTER_MS: Final = 5_000
LONGEST_RETRY_AFTER_S: Final = 14 * 86_400
_DETAIL_LENGTH: Final = 200
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_LARGE, _MISDIRECTED = 401, 403, 404, 409, 413, 421
_CLIENT, _TOO_MANY, _SERVER, _BAD_GATEWAY, _GATEWAY_TIMEOUT = 400, 429, 500, 502, 504

_TOKENS: Final = (_UNAUTHORIZED, _NOT_FOUND, _MISDIRECTED)
"""The path of a method can be wrong in no other way: an invalid token gives "not found"."""
_NOT_THE_TOKEN: Final = "method not found"  # noqa: S105 - Telegram's words
_LOGGED_OUT: Final = "logged out"
_GATEWAYS: Final = (_BAD_GATEWAY, _GATEWAY_TIMEOUT)
"""A gateway before the server gave up, whoever wrote the JSON: the server may have done the work."""


def _whole(*texts: str) -> re.Pattern[str]:
    return re.compile("|".join(texts), re.DOTALL)


_PREFIX: Final = re.compile("(?:bad request|forbidden|not found|internal server error): ")
_QUOTED: Final = re.compile('".*"', re.DOTALL)
_OF_AN_ALBUM: Final = _whole('failed to send message #[0-9]+ with the error message "(?P<inner>.*)"')
_PERHAPS_DONE: Final = ("restart", "aborted", "immediately deleted")
"""Here a single word is enough: to doubt costs a message at most."""
_THIS_KIND_ONLY: Final = _whole("voice_messages_forbidden", "chat_send_[a-z_]+_forbidden")
"""Something else can still be sent to the same person."""
_GONE: Final = _whole(
    "(?:chat|user) not found",
    "user is deactivated",
    "(?:input_)?user_deactivated(?:_ban)?",
    "bot was blocked by the user",
    "user_is_blocked",
    "(?:peer|chat)_id_invalid",
    "bot can't initiate conversation with a user",
    "the bot can't send messages to the bot",
    "user_is_bot",
    "group chat was upgraded to a supergroup chat",
    "need administrator rights in the channel chat",
    "have no rights to send a message",
    "chat_write_forbidden",
    "(?:allow_)?payment_required(?:_[0-9]+)?",
    "privacy_premium_required",
)
"""Some of these come as 400, and all of them inside an album's error. People who charge for each message are not
written to.
"""
_FILE_IDS: Final = _whole(
    "wrong file identifier/http url specified",
    "wrong file identifier specified",
    "wrong remote file identifier specified(?:: .*)?",
    "wrong file_id(?: or the file is temporarily unavailable)?",
    "invalid file_id(?: specified)?",
    "file_id_invalid",
    "file_reference_[0-9a-z_]+",
    "can't use file of type [a-z]+ as [a-z]+",
)


def of_refusal(code: int, description: str, retry_after_s: int | None, attempts: int) -> Outcome:
    """What a decoded error answer means for a delivery on its nth attempt (from 1). A missing description is ""."""
    text = _own_words(description.lower())
    if code == _TOO_MANY:
        return _hold(retry_after_s)
    if (code in _TOKENS and text != _NOT_THE_TOKEN) or text == _LOGGED_OUT:
        return Unauthorized()
    if code >= _SERVER:
        unsure = not text or code in _GATEWAYS or _is_perhaps_done(text)
        return Unknown(_short(description or f"error {code} without a word")) if unsure else not_sent(attempts)
    if code == _CONFLICT:
        return not_sent(attempts)
    return _of_message(code, text, _short(description))


def of_unreadable(status: int, retry_after_s: int | None, attempts: int) -> Outcome:
    """What an answer means that is not the Bot API's, such as a gateway's error page, judged by its HTTP status.

    It says nothing about a person or a token. A refused request did not reach the server; any other may have.
    """
    if status == _TOO_LARGE:
        return Rejected("Request Entity Too Large")
    if status == _TOO_MANY:
        return _hold(retry_after_s)
    if _CLIENT <= status < _SERVER:
        return not_sent(attempts)
    return Unknown(f"unreadable answer, HTTP {status}")


def not_sent(attempts: int) -> RetryLater:
    """The request surely never took effect: try again, with a back-off that doubles."""
    return RetryLater(FIRST_BACKOFF_MS * 2 ** (attempts - 1), bot_wide=False)


def _own_words(text: str) -> str:
    """The refusal without its kind; of an album's, the refusal of the item."""
    prefix = _PREFIX.match(text)
    words = text[prefix.end() :] if prefix else text
    of_an_album = _OF_AN_ALBUM.fullmatch(words)
    return _own_words(of_an_album["inner"]) if of_an_album else words


def _is_perhaps_done(text: str) -> bool:
    said = _QUOTED.sub("", text)
    return any(words in said for words in _PERHAPS_DONE)


def _of_message(code: int, text: str, detail: str) -> Outcome:
    """The person cannot be reached, or the content was refused."""
    if _THIS_KIND_ONLY.fullmatch(text):
        return Rejected(detail)
    if code == _FORBIDDEN or _GONE.fullmatch(text):
        return Unreachable()
    return FileRefused(detail) if _FILE_IDS.fullmatch(text) else Rejected(detail)


def _hold(retry_after_s: int | None) -> RetryLater:
    if retry_after_s is None:
        return RetryLater(DEFAULT_RETRY_AFTER_MS, bot_wide=True)
    return RetryLater(min(max(retry_after_s, 1), LONGEST_RETRY_AFTER_S) * 1000, bot_wide=True)


def _short(description: str) -> str:
    return description[:_DETAIL_LENGTH]

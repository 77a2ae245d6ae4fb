"""Every refusal of the Bot API that the sandbox can give, word for word.

Clients classify errors by code and text, so a stand-in that paraphrases is worse than none. A refusal is data;
`ApiError` carries it to the endpoint, which renders it.
"""

from typing import NamedTuple


class Refusal(NamedTuple):
    code: int
    description: str


class ApiError(Exception):
    """A call that the Bot API refuses."""

    def __init__(self, refusal: Refusal, retry_after: int | None = None) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal
        self.retry_after = retry_after


def bad_request(detail: str) -> Refusal:
    return Refusal(400, f"Bad Request: {detail}")


def inline_button(detail: str) -> Refusal:
    return bad_request(f"can't parse inline keyboard button: {detail}")


def reply_button(detail: str) -> Refusal:
    return bad_request(f"can't parse keyboard button: {detail}")


def required(name: str) -> Refusal:
    """Say that a parameter is missing; for some the server has words of its own."""
    return _MISSING.get(name) or bad_request(f'parameter "{name}" is required')


def unreadable(name: str) -> Refusal:
    """Say that a parameter of a method that is not modelled cannot be read."""
    return _MISSING.get(name) or bad_request(f"wrong parameter {name} in request")


def too_long(what: str, most: int) -> Refusal:
    return bad_request(f"{what} length must not exceed {most}")


def too_many_options(most: int) -> Refusal:
    return bad_request(f"poll can't have more than {most} options")


def not_mixed(kind: str) -> Refusal:
    return bad_request(f"{kind} can't be mixed with other media types")


def no_file(kind: str) -> Refusal:
    return bad_request(f"there is no {kind} in the request")


def unreadable_file_id(detail: str) -> Refusal:
    return bad_request(f"wrong remote file identifier specified: {detail}")


def wrong_kind(actual: str, wanted: str) -> Refusal:
    return bad_request(f"can't use file of type {actual} as {wanted}")


def photo_too_big(size: int, most: int) -> Refusal:
    return bad_request(f"file of size {size} bytes is too big for a photo; the maximum size is {most} bytes")


def unreadable_media(detail: str) -> Refusal:
    return bad_request(f"can't parse InputMedia: {detail}")


def album_item(position: int, message: str) -> Refusal:
    return bad_request(f'failed to send message #{position} with the error message "{message}"')


def too_many_requests(retry_after: int) -> ApiError:
    return ApiError(Refusal(429, f"Too Many Requests: retry after {retry_after}"), retry_after)


FLOOD = Refusal(429, "Too Many Requests")
UNAUTHORIZED = Refusal(401, "Unauthorized")
INVALID_TOKEN = Refusal(401, "Unauthorized: invalid token specified")
NOT_FOUND = Refusal(404, "Not Found")
METHOD_NOT_FOUND = Refusal(404, "Not Found: method not found")
ENTITY_TOO_LARGE = Refusal(413, "Request Entity Too Large")
INTERNAL = Refusal(500, "Internal Server Error")
RESTART = Refusal(500, "Internal Server Error: restart")

BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Refusal(403, "Forbidden: user is deactivated")
CANNOT_INITIATE = Refusal(403, "Forbidden: bot can't initiate conversation with a user")
USER_IS_BOT = Refusal(403, "Forbidden: the bot can't send messages to the bot")

OTHER_POLL = Refusal(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
)
WEBHOOK_ACTIVE = Refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)
WEBHOOK_SET = Refusal(409, "Conflict: terminated by setWebhook request")

WEBHOOK_URL_INVALID = bad_request("invalid webhook URL specified")
SECRET_TOO_LONG = bad_request("secret token is too long")
SECRET_UNALLOWED = bad_request("secret token contains unallowed characters")
# The server's words for a valid URL that it cannot serve; the reasons are the sandbox's own.
WEBHOOK_NOT_HERE = bad_request(
    "bad webhook: the sandbox delivers to its own machine only; use a loopback address such as http://127.0.0.1:8080",
)
WEBHOOK_NOT_PLAIN = bad_request("bad webhook: the sandbox speaks plain HTTP only; use an address with http://")

CHAT_ID_EMPTY = bad_request("chat_id is empty")
CHAT_NOT_FOUND = bad_request("chat not found")
CHAT_NOT_GIVEN = bad_request("chat identifier is not specified")
MESSAGE_NOT_GIVEN = bad_request("message identifier is not specified")
MESSAGES_NOT_GIVEN = bad_request("message identifiers are not specified")
MESSAGES_NOT_JSON = bad_request("can't parse message_ids JSON object")
MESSAGES_NOT_ARRAY = bad_request("expected an Array of message identifiers")
TOO_MANY_MESSAGES = bad_request("too many message identifiers specified")
MESSAGE_ID_NOT_NUMBER = bad_request("message identifier must be a Number")
MESSAGE_ID_UNREADABLE = bad_request("can't parse message identifier as Number")
MESSAGE_ID_INVALID = bad_request("invalid message identifier specified")
USER_ID_INVALID = bad_request("invalid user_id specified")
TEXT_EMPTY = bad_request("message text is empty")
# Of the text nothing is left that could be seen.
TEXT_SHOWS_NOTHING = bad_request("text must be non-empty")
TEXT_TOO_LONG = bad_request("message is too long")
CAPTION_TOO_LONG = bad_request("message caption is too long")
# The raw text, with its markup, in bytes.
SOURCE_TOO_LONG = bad_request("text is too long")
UNSUPPORTED_PARSE_MODE = bad_request("unsupported parse_mode")
MESSAGE_TO_EDIT_NOT_FOUND = bad_request("message to edit not found")
MESSAGE_CANNOT_BE_EDITED = bad_request("message can't be edited")
INLINE_MESSAGE_UNKNOWN = bad_request("MESSAGE_ID_INVALID")
NO_TEXT_TO_EDIT = bad_request("there is no text in the message to edit")
NO_CAPTION_TO_EDIT = bad_request("there is no caption in the message to edit")
NOT_MODIFIED = bad_request(
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message",
)
ENTITIES_NOT_JSON = bad_request("can't parse entities JSON object")
PREVIEW_NOT_OBJECT = bad_request("object expected as link preview options")
REPLY_NOT_OBJECT = bad_request("object expected as reply parameters")
MESSAGE_TO_REPLY_NOT_FOUND = bad_request("message to be replied not found")
MESSAGE_TO_DELETE_NOT_FOUND = bad_request("message to delete not found")
MESSAGE_CANNOT_BE_DELETED = bad_request("message can't be deleted for everyone")
QUERY_TOO_OLD = bad_request("query is too old and response timeout expired or query ID is invalid")
ANSWER_TOO_LONG = bad_request("MESSAGE_TOO_LONG")
URL_INVALID = bad_request("URL_INVALID")
CHARGE_NOT_FOUND = bad_request("CHARGE_NOT_FOUND")
ALREADY_REFUNDED = bad_request("CHARGE_ALREADY_REFUNDED")
LANGUAGE_INVALID = bad_request("invalid language code specified")
TOO_MANY_COMMANDS = bad_request("BOT_COMMANDS_TOO_MUCH")
COMMAND_INVALID = bad_request("BOT_COMMAND_INVALID")
WRONG_ACTION = bad_request("wrong parameter action in request")
NOT_UTF8 = bad_request("strings must be encoded in UTF-8")
BODY_NOT_MULTIPART = bad_request("boundary not found")
BODY_NOT_JSON = bad_request("JSON object expected")

INLINE_KEYBOARD_EXPECTED = bad_request("inline keyboard expected")
MARKUP_TOO_LONG = bad_request("reply markup is too long")
KEYBOARD_NOT_ROWS = bad_request('field "keyboard" must be an Array of Arrays')
INLINE_KEYBOARD_NOT_ROWS = bad_request(
    'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
)
MARKUP_NOT_JSON = bad_request("can't parse reply keyboard markup JSON object")
MARKUP_NOT_OBJECT = bad_request("object expected as reply markup")
BUTTON_TEXT_ONLY = inline_button("Text buttons are unallowed in the inline keyboard")
INLINE_BUTTON_TEXT_EMPTY = bad_request("inline keyboard button text must be non-empty")
REPLY_BUTTON_TEXT_EMPTY = bad_request("keyboard button text must be non-empty")
BUTTON_DATA_INVALID = bad_request("BUTTON_DATA_INVALID")
BUTTON_URL_INVALID = bad_request("BUTTON_URL_INVALID")
BUTTON_COPY_TEXT_INVALID = bad_request("BUTTON_COPY_TEXT_INVALID")

WRONG_FILE = bad_request("wrong file identifier/HTTP URL specified")
URL_UNREACHABLE = bad_request("failed to get HTTP URL content")
URL_UNSUPPORTED = bad_request("invalid file HTTP URL specified: Unsupported URL protocol")
FILE_EMPTY = bad_request("file must be non-empty")
NOT_AN_IMAGE = bad_request("IMAGE_PROCESS_FAILED")
PHOTO_DIMENSIONS = bad_request("PHOTO_INVALID_DIMENSIONS")
FILE_ID_MISSING = bad_request("file_id not specified")
FILE_ID_INVALID = bad_request("invalid file_id")
FILE_GONE = bad_request("wrong file_id or the file is temporarily unavailable")
FILE_TOO_BIG = bad_request("file is too big")
NO_MEDIA_TO_EDIT = bad_request("there is no media in the message to edit")
INPUT_MEDIA_NOT_JSON = bad_request("can't parse input media JSON object")
MEDIA_NOT_JSON = bad_request("can't parse media JSON object")
MEDIA_NOT_ARRAY = bad_request("expected an Array of InputMedia")
ALBUM_EMPTY = bad_request("there are no messages to send")
ALBUM_TOO_LONG = bad_request("too many messages to send as an album")
ALBUM_CAPTIONS_DIFFER = bad_request("parameter show_caption_above_media must be the same for all messages")
MESSAGE_TO_COPY_NOT_FOUND = bad_request("message to copy not found")
NOT_COPYABLE = bad_request("message can't be copied")

POLL_TYPE = bad_request("unsupported poll type specified")
OPTIONS_NOT_JSON = bad_request("can't parse options JSON object")
OPTIONS_NOT_ARRAY = bad_request("expected an Array of String as options")
QUESTION_EMPTY = bad_request("poll question must be non-empty")
TOO_FEW_OPTIONS = bad_request("poll must have at least 1 option")
OPTION_EMPTY = bad_request("poll options must be non-empty")
WRONG_RIGHT_OPTION = bad_request("wrong correct option ID specified")

_MISSING = {
    "chat_id": CHAT_ID_EMPTY,
    "message_id": MESSAGE_NOT_GIVEN,
    "message_ids": MESSAGES_NOT_GIVEN,
    "user_id": USER_ID_INVALID,
}

"""The refusals that concern files, albums and what else is sent beside text, word for word."""

from bench.sandbox.errors import Refusal, bad_request

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

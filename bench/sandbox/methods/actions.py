"""Signs of activity that a bot shows in a chat."""

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.methods.call import Call, Method, known_chat, require_open

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    },
)


def send_chat_action(call: Call) -> bool:
    if parameters.text(call.given, "action").lower() not in _ACTIONS:
        raise ApiError(errors.WRONG_ACTION)
    require_open(known_chat(call))
    return True


ACTIONS: dict[str, Method] = {"sendChatAction": send_chat_action}

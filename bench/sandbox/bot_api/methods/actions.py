"""Signs of activity that a bot shows in a chat, for five seconds or until its next message."""

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat, require_open
from bench.sandbox.errors import ApiError
from bench.sandbox.world.conversation import Activity

_SHOWN_MS = 5000
_CANCEL = "cancel"
# Older names that the server still accepts.
_SAME = {"record_audio": "record_voice", "upload_audio": "upload_voice", "pick_up_location": "find_location"}
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
        _CANCEL,
    },
)


def send_chat_action(call: Call) -> bool:
    given = parameters.text(call.given, "action").lower()
    action = _SAME.get(given, given)
    if action not in _ACTIONS:
        raise ApiError(errors.WRONG_ACTION)
    conversation = known_chat(call)
    require_open(conversation)
    conversation.activity = None if action == _CANCEL else Activity(action, call.now_ms + _SHOWN_MS)
    return True


ACTIONS: dict[str, Method] = {"sendChatAction": send_chat_action}

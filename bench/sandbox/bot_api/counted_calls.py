"""Which calls the limits count, and for how many messages. Calls that only ask, answer or show are free."""

from functools import lru_cache
from typing import Any

import msgspec

from bench.sandbox import untrusted_json
from bench.sandbox.bot_api.parameters import Parameters

_SENDING = ("send", "copy", "forward")
_FREE = frozenset({"sendchataction", "sendchatjoinrequestwebapp"})
_SEVERAL = {"sendmediagroup": "media", "copymessages": "message_ids", "forwardmessages": "message_ids"}


@lru_cache(maxsize=512)
def sends(method: str) -> bool:
    """Whether a method, in lower case, puts new messages into a chat."""
    return method.startswith(_SENDING) and method not in _FREE


@lru_cache(maxsize=512)
def is_counted(method: str) -> bool:
    """Whether the limits count it: sends and edits."""
    return sends(method) or method.startswith("edit")


def messages_in(method: str, given: Parameters) -> int:
    """How many messages a counted call sends."""
    several = _SEVERAL.get(method)
    return 1 if several is None else max(1, _length(given.get(several)))


def _length(value: Any) -> int:
    if isinstance(value, str):
        try:
            value = untrusted_json.decode(value)
        except msgspec.DecodeError:
            return 1
    return len(value) if isinstance(value, list) else 1

"""The sandbox against the Bot API, method by method: what it takes, what it requires, what it looks at.

The tables that the sandbox reads are those of the installed aiogram. Where the sandbox differs from them, a table here
gives the reason; a row that is no longer true fails.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from bench.sandbox.bot_api.methods import MODELLED
from bench.sandbox.bot_api.spec import SPEC_FILE, read_spec
from bench.sandbox.errors import ApiError
from tests.sandbox.bot_api.aiogram_tables import read_tables, written
from tests.sandbox.calls import RIGHT
from tests.sandbox.hall import Hall

SPEC = read_spec()
METHODS = {method.name: method for method in SPEC.methods.values()}

# Parameters that the Bot API requires, although the server and the sandbox do without them.
NOT_REQUIRED = {
    ("setMyCommands", "commands"): "the server takes a missing list for an empty one",
    ("setWebhook", "url"): "the server takes a missing address for a wish to have no webhook",
    ("answerPreCheckoutQuery", "ok"): "the server takes a missing yes for a no, which only needs an error_message",
}
# Parameters that the sandbox accepts and ignores.
BUSINESS = "no person of the sandbox has a bot write in their name"
GROUPS = "there are private chats only"
POLLS = "people vote plainly: in the order and for the options that the bot gave, from everywhere"
PLAYER = "nobody plays a video"
COPY = "looked at, but in a copy of the call, which is not watched"
UNREAD = {
    "business_connection_id": BUSINESS,
    "message_thread_id": GROUPS,
    "direct_messages_topic_id": GROUPS,
    "suggested_post_parameters": GROUPS,
    "ephemeral_message_parameters": "messages that only one member of a group sees",
    "receiver_user_id": "the older form of ephemeral messages",
    "callback_query_id": "the older form of ephemeral messages",
    "allow_sending_without_reply": COPY,
    "question": COPY,
    "question_entities": COPY,
    "explanation": COPY,
    "explanation_entities": COPY,
    "description": COPY,
    "description_entities": COPY,
    "media": "a poll is shown without pictures",
    "explanation_media": "a poll is shown without pictures",
    "allow_adding_options": POLLS,
    "hide_results_until_closes": POLLS,
    "shuffle_options": POLLS,
    "country_codes": POLLS,
    "cover": PLAYER,
    "start_timestamp": PLAYER,
    "supports_streaming": PLAYER,
    "video_start_timestamp": PLAYER,
    "rich_message": "blocks of rich text are not modelled",
    "cache_time": "a person of the sandbox asks again at each tap",
    "certificate": "only plain HTTP on this machine is delivered to",
    "ip_address": "only this machine is delivered to",
    "allow_paid_broadcast": "looked at where the limits are kept",
}
# One function reads the files of all kinds; it reads attributes that a kind does not have, and does not show them.
READ_OF_ALL = {"title", "performer", "emoji", "duration", "length", "width", "height", "thumbnail"}
# A few methods whose parameters are written out here.
KNOWN = {
    "getMe": {},
    "deleteMessages": {"chat_id": True, "message_ids": True},
    "answerPreCheckoutQuery": {"pre_checkout_query_id": True, "ok": True, "error_message": False},
    "setMyCommands": {"commands": True, "scope": False, "language_code": False},
}


class Watched(dict[str, Any]):
    """Parameters that remember which of them were looked at."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.seen: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.seen.add(str(name))
        return super().__contains__(name)


def test_the_committed_tables_are_those_of_the_installed_aiogram() -> None:
    fresh = written(read_tables())
    assert SPEC_FILE.read_bytes() == fresh, "write them again: python -m tests.sandbox.bot_api.aiogram_tables"


def test_every_modelled_method_exists_and_has_a_right_call() -> None:
    assert {"getUpdates", *MODELLED} <= METHODS.keys()
    assert {"getUpdates", *MODELLED} == RIGHT.keys()


@pytest.mark.parametrize("method", RIGHT)
def test_the_required_parameters_are_enough(method: str) -> None:
    hall = Hall()
    hall.call_with(method, RIGHT[method](hall))


@pytest.mark.parametrize(
    ("method", "name"),
    [(method, field.name) for method in RIGHT for field in METHODS[method].parameters.values() if field.required],
)
def test_without_a_required_parameter_a_call_is_refused(method: str, name: str) -> None:
    hall = Hall()
    given = {**RIGHT[method](hall)}
    del given[name]
    assert _is_taken(hall, method, given) is ((method, name) in NOT_REQUIRED)


def _is_taken(hall: Hall, method: str, given: dict[str, Any]) -> bool:
    """Whether it is accepted, or refused because something else is missing."""
    try:
        hall.call_with(method, given)
    except ApiError as error:
        return "error_message" in error.refusal.description
    return True


@pytest.mark.parametrize("method", RIGHT)
def test_every_parameter_is_looked_at_or_explained(method: str) -> None:
    seen = _looked_at(method)
    known = METHODS[method].parameters.keys()
    assert seen - known <= READ_OF_ALL, "the sandbox looks at what the Bot API does not have"
    assert known - seen <= UNREAD.keys()


def test_no_explained_parameter_is_looked_at() -> None:
    unread = {name for method in RIGHT for name in METHODS[method].parameters.keys() - _looked_at(method)}
    assert UNREAD.keys() == unread


# Each makes a call take another path: unchanged, without a chat, with a refusal, with a caption, as a quiz.
TURNS: list[dict[str, Any]] = [
    {},
    {"chat_id": "", "message_id": 0},
    {"ok": False},
    {"caption": "new"},
    {"type": "quiz"},
]


def _looked_at(method: str) -> set[str]:
    seen: set[str] = set()
    for turn in TURNS:
        hall = Hall()
        given = Watched({**RIGHT[method](hall), **turn})
        with suppress(ApiError):
            hall.call_with(method, given)
        seen |= given.seen - _attachments(given)
    return seen


def _attachments(given: Mapping[str, Any]) -> set[str]:
    """Files to which a parameter refers by a name that the bot chose, or by no name."""
    return {"", *(name for name in given if name == "picture")}


@pytest.mark.parametrize("method", KNOWN)
def test_the_parameters_of_known_methods_are_right(method: str) -> None:
    assert {one.name: one.required for one in METHODS[method].parameters.values()} == KNOWN[method]

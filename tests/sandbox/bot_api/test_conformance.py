"""The sandbox against the Bot API, method by method: what it takes, what it must be given, what it answers.

Two descriptions of the Bot API are at hand, made by different people from Telegram's pages: that of the installed
aiogram, and a file of data that lies beside some copies of this repository. Where they differ, or the sandbox differs
from them, it stands in a table here with the reason; a row that is no longer true fails.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.sandbox.bot_api.methods import MODELLED
from bench.sandbox.bot_api.shapes import Field, Shape
from bench.sandbox.bot_api.spec import MethodSpec, either, read_spec
from bench.sandbox.errors import ApiError
from tests.sandbox.calls import RIGHT
from tests.sandbox.hall import Hall

SPEC = read_spec()
METHODS = {method.name: method for method in SPEC.methods.values()}
PUBLISHED = sorted(Path(__file__).parents[3].glob("shared/botapi/botapi-*.json"))

# What the Bot API requires and the sandbox, like the server, does without.
NOT_REQUIRED = {
    ("setMyCommands", "commands"): "the server takes a missing list for an empty one",
    ("setWebhook", "url"): "the server takes a missing address for a wish to have no webhook",
    ("answerPreCheckoutQuery", "ok"): "the server takes a missing yes for a no, which only needs an error_message",
}
# What the sandbox takes and does not look at.
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
    "disable_content_type_detection": "a document stays a document",
    "rich_message": "blocks of rich text are not modelled",
    "cache_time": "a person of the sandbox asks again at each tap",
    "certificate": "only plain HTTP on this machine is delivered to",
    "ip_address": "only this machine is delivered to",
    "allow_paid_broadcast": "looked at where the limits are kept",
}
# One function reads the files of all kinds; what a kind does not have is read and not shown.
READ_OF_ALL = {"title", "performer", "emoji", "duration", "length", "width", "height", "thumbnail"}
# aiogram beside the published data: what differs, and why the sandbox follows aiogram.
FILE_ONLY = "a thumbnail can only be uploaded; the text in the data would be the name of that upload"
OLDER = "a field of older versions, which aiogram still reads"
OTHERWISE = {
    "sendAnimation.thumbnail": FILE_ONLY,
    "sendAudio.thumbnail": FILE_ONLY,
    "sendDocument.thumbnail": FILE_ONLY,
    "sendVideo.thumbnail": FILE_ONLY,
    "sendVideoNote.thumbnail": FILE_ONLY,
    "sendPoll.options": "aiogram takes plain strings as well, as the server does",
    "ReplyKeyboardRemove.remove_keyboard": "aiogram fills it in by itself",
    "ForceReply.force_reply": "aiogram fills it in by itself",
    "MenuButtonDefault.text": "aiogram gives the three kinds of menu button the same fields",
    "MenuButtonDefault.web_app": "aiogram gives the three kinds of menu button the same fields",
    "MenuButtonCommands.text": "aiogram gives the three kinds of menu button the same fields",
    "MenuButtonCommands.web_app": "aiogram gives the three kinds of menu button the same fields",
    "KeyboardButtonRequestUser": OLDER,
    "UserShared": OLDER,
}
# What is certain of a few methods, wherever the tests run.
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


def test_every_modelled_method_exists_and_has_a_right_call() -> None:
    assert {"getUpdates", *MODELLED} <= METHODS.keys()
    assert {"getUpdates", *MODELLED} == RIGHT.keys()


@pytest.mark.parametrize("method", RIGHT)
def test_what_has_to_be_given_is_enough(method: str) -> None:
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
    """Whether it is taken or refused for want of something else."""
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


def test_what_is_explained_as_not_looked_at_is_not() -> None:
    unread = {name for method in RIGHT for name in METHODS[method].parameters.keys() - _looked_at(method)}
    assert UNREAD.keys() == unread


# With each, a call is looked at from another side: with nothing more, without a chat, as a no, with what brings more.
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
    """Files to which a parameter refers by a name of the bot's own, or by none."""
    return {"", *(name for name in given if name == "picture")}


@pytest.mark.parametrize("method", KNOWN)
def test_what_is_certain_is_so(method: str) -> None:
    assert {one.name: one.required for one in METHODS[method].parameters.values()} == KNOWN[method]


def test_aiogram_and_the_published_data_differ_only_where_it_is_explained() -> None:
    for path in PUBLISHED:
        assert set(differences(json.loads(path.read_text()))) == OTHERWISE.keys()


def differences(published: dict[str, Any]) -> Iterator[str]:
    """Name the methods, parameters, types and fields in which aiogram and the data differ."""
    types = published["types"]
    yield from METHODS.keys() ^ published["methods"].keys()
    for name, method in published["methods"].items():
        if name in METHODS:
            yield from _method_differences(METHODS[name], method, types)
    for name, fields in SPEC.types.items():
        if name not in types:
            yield name
        else:
            yield from _field_differences(name, fields, types[name].get("fields", []), types)


def _method_differences(ours: MethodSpec, theirs: dict[str, Any], types: dict[str, Any]) -> Iterator[str]:
    yield from _field_differences(ours.name, ours.parameters, theirs["fields"], types)
    if _plain(ours.returns) != _plain(_shape(theirs["returns"], types)):
        yield ours.name


def _field_differences(
    owner: str, ours: Mapping[str, Field], theirs: list[dict[str, Any]], types: dict[str, Any]
) -> Iterator[str]:
    wanted = {field["name"]: field for field in theirs}
    kept = {name: field for name, field in ours.items() if not field.deprecated}
    for name in kept.keys() ^ wanted.keys():
        yield f"{owner}.{name}"
    for name in kept.keys() & wanted.keys():
        if kept[name].required != wanted[name]["required"] or not _same_shape(owner, kept[name], wanted[name], types):
            yield f"{owner}.{name}"


def _same_shape(owner: str, ours: Field, theirs: dict[str, Any], types: dict[str, Any]) -> bool:
    """Compare parameters of methods only: aiogram's types say more of words and dates than the data does."""
    return owner not in METHODS or _plain(ours.shape) == _plain(_shape(theirs["types"], types))


_SCALARS = {
    "Integer": Shape(integer=True),
    "Float": Shape(number=True),
    "String": Shape(string=True),
    "Boolean": Shape(boolean=True),
    "True": Shape(boolean=True),
    "InputFile": Shape(file=True),
}
_ARRAY = "Array of "


def _shape(names: list[str], types: dict[str, Any]) -> Shape:
    """Read a list of the data's names of types as a shape."""
    return either(one for name in names for one in _shapes(name, types))


def _shapes(name: str, types: dict[str, Any]) -> Iterator[Shape]:
    if name.startswith(_ARRAY):
        yield Shape(items=_shape([name.removeprefix(_ARRAY)], types))
    elif name in _SCALARS:
        yield _SCALARS[name]
    elif "subtypes" in types[name]:
        for one in types[name]["subtypes"]:
            yield from _shapes(one, types)
    else:
        yield Shape(objects=(name,))


def _plain(shape: Shape) -> Shape:
    """Without the order of the objects, which says nothing."""
    items = None if shape.items is None else _plain(shape.items)
    return replace(shape, objects=tuple(sorted(shape.objects)), items=items)

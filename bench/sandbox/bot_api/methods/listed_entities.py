"""Entities that a bot lists beside its text: each is read, or refused in the server's words."""

from collections.abc import Callable
from typing import Any

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.links import checked_link, emoji_id, link_trouble, mentioned_user, time_format
from bench.sandbox.formatting.spans import Span

_PLAIN = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
    },
)
# The server finds these itself, and ignores them if they are listed.
_FOUND = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"})


class EntityRefusedError(ApiError):
    """An entity that can be read, but is not right."""


def read_entities(given: Any) -> list[Span]:
    """Read the list. Raises ApiError, or EntityRefusedError for what the server checks later, after the chat."""
    content = _decoded(given)
    if not isinstance(content, list):
        raise _unreadable("expected an Array")
    read = [_read(entity) for entity in content]
    return [span for span in read if span is not None]


def _decoded(given: Any) -> Any:
    try:
        return untrusted_json.decode(given) if isinstance(given, str) else given
    except msgspec.DecodeError as error:
        raise ApiError(errors.ENTITIES_NOT_JSON) from error


def _read(entity: Any) -> Span | None:
    if not isinstance(entity, dict):
        raise _unreadable("expected an Object")
    kind = _text(entity, "type")
    offset, length = _number(entity, "offset"), _number(entity, "length")
    if kind in _PLAIN:
        return Span(kind, offset, length)
    if kind in _FOUND:
        return None
    detailed = _DETAILED.get(kind)
    if detailed is None:
        raise _unreadable("Unsupported type specified")
    return detailed(entity, Span(kind, offset, length))


def _pre(entity: dict[str, Any], span: Span) -> Span:
    return Span("pre", span.offset, span.length, _text(entity, "language") if "language" in entity else "")


def _link(entity: dict[str, Any], span: Span) -> Span:
    url = _text(entity, "url")
    user_id = mentioned_user(url)
    if user_id is not None:
        return Span("text_mention", span.offset, span.length, str(user_id))
    link = checked_link(url)
    if link is None:
        raise EntityRefusedError(errors.bad_request(f"entity URL '{url}' is invalid: {link_trouble(url)}"))
    return Span("text_link", span.offset, span.length, link)


def _mention(entity: dict[str, Any], span: Span) -> Span:
    user = entity.get("user")
    if not isinstance(user, dict):
        raise _misplaced("user", "Object") if "user" in entity else _missing("user")
    return Span("text_mention", span.offset, span.length, str(_number(user, "id")))


def _emoji(entity: dict[str, Any], span: Span) -> Span:
    given = str(_number(entity, "custom_emoji_id"))
    if emoji_id(given) is None:
        raise EntityRefusedError(errors.bad_request("invalid custom emoji identifier specified"))
    return Span("custom_emoji", span.offset, span.length, given)


def _time(entity: dict[str, Any], span: Span) -> Span:
    shown = time_format(_text(entity, "date_time_format") if "date_time_format" in entity else "")
    if shown is None:
        raise _unreadable("Invalid date format used")
    return Span("date_time", span.offset, span.length, shown, _number(entity, "unix_time"))


def _text(entity: dict[str, Any], name: str) -> str:
    value = entity.get(name)
    if value is None:
        raise _missing(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _misplaced(name, "String")
    return str(value)


def _number(entity: dict[str, Any], name: str) -> int:
    value = entity.get(name)
    if value is None:
        raise _missing(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _misplaced(name, "Number")
    try:
        return int(value if isinstance(value, int) else str(value))
    except ValueError as error:
        raise _unreadable(f'Field "{name}" must be a valid Number') from error


def _missing(name: str) -> ApiError:
    return _unreadable(f'Can\'t find field "{name}"')


def _misplaced(name: str, kind: str) -> ApiError:
    return _unreadable(f'Field "{name}" must be of type {kind}')


def _unreadable(detail: str) -> ApiError:
    return ApiError(errors.bad_request(f"can't parse MessageEntity: {detail}"))


_DETAILED: dict[str, Callable[[dict[str, Any], Span], Span]] = {
    "pre": _pre,
    "text_link": _link,
    "text_mention": _mention,
    "custom_emoji": _emoji,
    "date_time": _time,
}

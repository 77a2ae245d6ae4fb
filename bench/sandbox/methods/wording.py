"""What a call says in words: a text or a caption as HTML, with entities of its own, or plain.

Lengths are the callers' to judge, for the server looks at the chat in between.
"""

from typing import NamedTuple

from msgspec.structs import replace

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.markup import Formatted, MarkupError, Span, parse_html, plain
from bench.sandbox.methods.call import Call
from bench.sandbox.objects import Entity
from bench.sandbox.state import State


class Worded(NamedTuple):
    text: str
    entities: tuple[Entity, ...] = ()


def worded(call: Call, name: str = "text") -> Worded:
    """Read the words that the call gives under a name; they may be empty."""
    formatted = _formatted(parameters.text(call.given, name), parameters.text(call.given, "parse_mode").lower())
    return Worded(formatted.text, _entities(formatted.spans, call.state))


def require_text(words: Worded) -> None:
    if not words.text:
        raise ApiError(errors.TEXT_EMPTY)


def _formatted(text: str, mode: str) -> Formatted:
    if mode not in {"", "html"}:
        raise ApiError(errors.UNSUPPORTED_PARSE_MODE)
    try:
        return parse_html(text) if mode else plain(text)
    except MarkupError as error:
        raise ApiError(errors.bad_request(f"can't parse entities: {error}")) from error


def _entities(spans: tuple[Span, ...], state: State) -> tuple[Entity, ...]:
    """Render spans; the mention of a stranger is dropped."""
    return tuple(_entity(span, state) for span in spans if not _mentions_a_stranger(span, state))


def _mentions_a_stranger(span: Span, state: State) -> bool:
    return span.kind == "text_mention" and int(span.argument) not in state.people


def _entity(span: Span, state: State) -> Entity:
    entity = Entity(span.kind, span.offset, span.length)
    match span.kind:
        case "text_mention":
            return replace(entity, user=state.people[int(span.argument)].user)
        case "text_link":
            return replace(entity, url=span.argument)
        case "pre":
            return replace(entity, language=span.argument or None)
        case "custom_emoji":
            return replace(entity, custom_emoji_id=span.argument)
        case "date_time":
            return replace(entity, unix_time=span.date, date_time_format=span.argument or None)
    return entity

"""The text or caption of a call: with markup, with entities given beside it, or plain.

What is wrong with a text itself is refused at once. Its length, and entities that do not fit it, are refused by
`require_fitting`, because the server looks at the chat in between.
"""

from typing import NamedTuple

from msgspec.structs import replace

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.listed_entities import EntityRefusedError, read_entities
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.formatting.cleaning import shows_nothing
from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.markdown_v1 import parse_old_markdown
from bench.sandbox.formatting.markdown_v2 import parse_markdown
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span, SpanError
from bench.sandbox.formatting.stored_form import plain, stored_form
from bench.sandbox.world.objects import Entity
from bench.sandbox.world.state import State

# The entities of a text are in `entities`, those of a caption in `caption_entities`, and so on.
_LISTS = {"text": "entities"}
_MODES = {"html": parse_html, "markdownv2": parse_markdown, "markdown": parse_old_markdown}
# The text with its markup, in bytes.
_LONGEST_SOURCE = 2**15
_SURELY_SHORT = _LONGEST_SOURCE // 4


class Worded(NamedTuple):
    """`refusal` is what is wrong with the entities that were listed beside the text."""

    text: str
    entities: tuple[Entity, ...] = ()
    refusal: Refusal | None = None


def worded(call: Call, name: str = "text", given: Parameters | None = None) -> Worded:
    """Read the text given under a name, by the call or by a part of it such as an album's item; it may be empty."""
    given = call.given if given is None else given
    try:
        formatted = _formatted(given, name)
    except EntityRefusedError as error:
        return Worded("", refusal=error.refusal)
    return Worded(formatted.text, _entities(formatted.spans, call.state))


def require_text(call: Call) -> None:
    """Refuse a call without a text; a text of which nothing is left is refused later."""
    if not parameters.text(call.given, "text"):
        raise ApiError(errors.TEXT_EMPTY)


def require_fitting(words: Worded, most: int, too_long: Refusal) -> None:
    if words.refusal is not None:
        raise ApiError(words.refusal)
    if len(words.text) > most:
        raise ApiError(too_long)


def require_visible(words: Worded) -> None:
    if shows_nothing(words.text):
        raise ApiError(errors.TEXT_SHOWS_NOTHING)


def _formatted(given: Parameters, name: str) -> Formatted:
    text, mode = parameters.text(given, name), parameters.text(given, "parse_mode").lower()
    if len(text) > _SURELY_SHORT and len(text.encode()) > _LONGEST_SOURCE:
        raise ApiError(errors.SOURCE_TOO_LONG)
    if not mode or mode == "none":
        beside = given.get(_LISTS.get(name, f"{name}_entities"))
        return _with_listed(text, beside) if beside else plain(text)
    parse = _MODES.get(mode)
    if parse is None:
        raise ApiError(errors.UNSUPPORTED_PARSE_MODE)
    try:
        return parse(text)
    except MarkupError as error:
        raise ApiError(errors.bad_request(f"can't parse entities: {error}")) from error


def _with_listed(text: str, given: object) -> Formatted:
    spans = read_entities(given)
    try:
        return stored_form(text, spans)
    except SpanError as error:
        raise EntityRefusedError(errors.bad_request(_uncapitalised(str(error)))) from error


def _uncapitalised(words: str) -> str:
    return words[0].lower() + words[1:]


def _entities(spans: tuple[Span, ...], state: State) -> tuple[Entity, ...]:
    """Render spans; drop mentions of unknown people."""
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
            return replace(entity, unix_time=span.date, date_time_format=span.argument)
    return entity

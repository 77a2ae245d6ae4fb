"""The text or caption of a call: with markup, with entities given beside it, or plain.

The callers check lengths, because the server looks at the chat in between.
"""

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.links import checked_link
from bench.sandbox.formatting.markdown_v1 import parse_old_markdown
from bench.sandbox.formatting.markdown_v2 import parse_markdown
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span, listed, plain
from bench.sandbox.world.objects import Entity
from bench.sandbox.world.state import State

# The entities of a text are in `entities`, those of a caption in `caption_entities`, and so on.
_LISTS = {"text": "entities"}
_MODES = {"html": parse_html, "markdownv2": parse_markdown, "markdown": parse_old_markdown}
# The text with its markup, in bytes.
_LONGEST_SOURCE = 2**15
_SURELY_SHORT = _LONGEST_SOURCE // 4
# The kinds that a bot may list; the server finds links, mentions and the like in plain text itself.
_LISTABLE = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
    },
)
_ARGUED = frozenset({"text_link", "text_mention", "custom_emoji"})


class Worded(NamedTuple):
    text: str
    entities: tuple[Entity, ...] = ()


class _ListedUser(msgspec.Struct):
    id: int


class _Listed(msgspec.Struct):
    """An entity as a bot gives it."""

    type: str
    offset: int
    length: int
    url: str | None = None
    user: _ListedUser | None = None
    language: str | None = None
    custom_emoji_id: str | None = None

    def span(self) -> Span | None:
        """Convert it to a span; None if bots cannot list its kind, or if a required part is missing."""
        user = str(self.user.id) if self.user else None
        link = checked_link(self.url) if self.url else None
        argument = link or user or self.language or self.custom_emoji_id or ""
        incomplete = self.type in _ARGUED and not argument
        return None if self.type not in _LISTABLE or incomplete else Span(self.type, self.offset, self.length, argument)


def worded(call: Call, name: str = "text", given: Parameters | None = None) -> Worded:
    """Read the text given under a name, by the call or by a part of it such as an album's item; it may be empty."""
    given = call.given if given is None else given
    formatted = _formatted(given, name)
    return Worded(formatted.text, _entities(formatted.spans, call.state))


def require_text(words: Worded) -> None:
    if not words.text:
        raise ApiError(errors.TEXT_EMPTY)


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
    try:
        content = untrusted_json.decode(given) if isinstance(given, str) else given
        found = msgspec.convert(content, list[_Listed])
    except msgspec.ValidationError as error:
        raise ApiError(errors.bad_request(f"can't parse MessageEntity: {error}")) from error
    except msgspec.DecodeError as error:
        raise ApiError(errors.ENTITIES_NOT_JSON) from error
    return listed(text, [span for entity in found if (span := entity.span())])


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
            return replace(entity, unix_time=span.date, date_time_format=span.argument or None)
    return entity

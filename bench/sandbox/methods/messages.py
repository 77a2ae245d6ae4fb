"""Messages of a bot: send, delete, and the answer to a tap."""

from msgspec.structs import replace

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.keyboard import inline_keyboard
from bench.sandbox.markup import Formatted, MarkupError, Span, parse_html, plain
from bench.sandbox.methods.call import Call, Method, known_chat, require_open
from bench.sandbox.objects import Entity, Message
from bench.sandbox.state import State, seconds

_LONGEST_TEXT = 4096
_DELETABLE_MS = 48 * 3600 * 1000
_ANSWERABLE_MS = 15_000


def send_message(call: Call) -> Message:
    """Judge the text before the chat, its length after it, the person's relation last: as the server does."""
    markup = inline_keyboard(call.given.get("reply_markup"))
    formatted = _formatted(call)
    conversation = known_chat(call)
    if len(formatted.text) > _LONGEST_TEXT:
        raise ApiError(errors.TEXT_TOO_LONG)
    require_open(conversation)
    message = Message(conversation.next_message_id, call.bot.sender, conversation.person.chat, seconds(call.now_ms))
    message.text = formatted.text
    message.entities = _entities(formatted.spans, call.state)
    message.reply_markup = markup
    conversation.add(message, call.now_ms)
    return message


def _formatted(call: Call) -> Formatted:
    text = parameters.text(call.given, "text")
    mode = parameters.text(call.given, "parse_mode").lower()
    if mode not in {"", "html"}:
        raise ApiError(errors.UNSUPPORTED_PARSE_MODE)
    try:
        formatted = parse_html(text) if mode else plain(text)
    except MarkupError as error:
        raise ApiError(errors.bad_request(f"can't parse entities: {error}")) from error
    if not formatted.text:
        raise ApiError(errors.TEXT_EMPTY)
    return formatted


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


def delete_message(call: Call) -> bool:
    conversation = known_chat(call)
    stored = conversation.messages.get(parameters.integer(call.given, "message_id"))
    if stored is None or stored.deleted:
        raise ApiError(errors.MESSAGE_TO_DELETE_NOT_FOUND)
    if call.now_ms - stored.at_ms > _DELETABLE_MS:
        raise ApiError(errors.MESSAGE_CANNOT_BE_DELETED)
    stored.deleted = True
    return True


def answer_callback_query(call: Call) -> bool:
    """Accept one answer to a tap, and only soon."""
    query = call.bot.queries.pop(parameters.text(call.given, "callback_query_id"), None)
    if query is None or call.now_ms - query.at_ms > _ANSWERABLE_MS:
        raise ApiError(errors.QUERY_TOO_OLD)
    return True


MESSAGES: dict[str, Method] = {
    "sendMessage": send_message,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
}

"""Polls as a bot sends them; people vote in `people`."""

from typing import Any

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.bot_api.methods.sending import begin, put, read_options
from bench.sandbox.bot_api.methods.wording import Worded, require_fitting, worded
from bench.sandbox.errors import ApiError
from bench.sandbox.world.media_messages import MediaMessage, Poll, PollOption

_LONGEST_QUESTION = 300
_LONGEST_OPTION = 100
_MOST_OPTIONS = 12
_KINDS = frozenset({"regular", "quiz"})


def send_poll(call: Call) -> MediaMessage:
    options = read_options(call)
    question = worded(call, "question", _with_mode(call, "question"))
    answers = [_option(call, given) for given in _options(call.given.get("options"))]
    kind = parameters.text(call.given, "type") or "regular"
    if kind not in _KINDS:
        raise ApiError(errors.POLL_TYPE)
    chat = known_chat(call)
    _require_question(question)
    _require_options(answers)
    right = _right_options(call, kind, len(answers))
    message = begin(call, chat, options, MediaMessage)
    poll_id = f"{call.bot.id}{chat.person.user.id}{message.message_id}"
    message.poll = _poll(call, poll_id, kind, question, answers, right)
    return put(call, chat, options, message)


def _with_mode(call: Call, name: str) -> dict[str, Any]:
    """Read the call as if the parse mode of this text were its only one."""
    return {**call.given, "parse_mode": call.given.get(f"{name}_parse_mode")}


def _options(given: Any) -> list[Any]:
    try:
        options = untrusted_json.decode(given) if isinstance(given, str) else given
    except msgspec.DecodeError as error:
        raise ApiError(errors.OPTIONS_NOT_JSON) from error
    if not isinstance(options, list):
        raise ApiError(errors.OPTIONS_NOT_ARRAY)
    return options


def _option(call: Call, given: Any) -> Worded:
    """Read an option: an object or, as in older versions, a text."""
    option = given if isinstance(given, dict) else {"text": given if isinstance(given, str) else ""}
    read = {"text": option.get("text"), "parse_mode": option.get("text_parse_mode")}
    return worded(call, "text", {**read, "entities": option.get("text_entities")})


def _require_question(question: Worded) -> None:
    require_fitting(question, _LONGEST_QUESTION, errors.too_long("poll question", _LONGEST_QUESTION))
    if not question.text:
        raise ApiError(errors.QUESTION_EMPTY)


def _require_options(options: list[Worded]) -> None:
    if not options:
        raise ApiError(errors.TOO_FEW_OPTIONS)
    if len(options) > _MOST_OPTIONS:
        raise ApiError(errors.too_many_options(_MOST_OPTIONS))
    for option in options:
        require_fitting(option, _LONGEST_OPTION, errors.too_long("poll options", _LONGEST_OPTION))
    if not all(option.text for option in options):
        raise ApiError(errors.OPTION_EMPTY)


def _right_options(call: Call, kind: str, count: int) -> tuple[int, ...]:
    """Read which options of a quiz are right: a list or, as in older versions, one number."""
    if kind != "quiz":
        return ()
    given = call.given.get("correct_option_ids")
    if not given and "correct_option_id" in call.given:
        given = [parameters.integer(call.given, "correct_option_id", -1)]
    try:
        right = msgspec.convert(untrusted_json.decode(given) if isinstance(given, str) else given, tuple[int, ...])
    except msgspec.MsgspecError as error:
        raise ApiError(errors.WRONG_RIGHT_OPTION) from error
    if not right or not all(0 <= number < count for number in right):
        raise ApiError(errors.WRONG_RIGHT_OPTION)
    return right


def _poll(call: Call, poll_id: str, kind: str, question: Worded, options: list[Worded], right: tuple[int, ...]) -> Poll:
    given = call.given
    explanation = worded(call, "explanation", _with_mode(call, "explanation"))
    description = worded(call, "description", _with_mode(call, "description"))
    return Poll(
        poll_id,
        question.text,
        tuple(PollOption(str(number), one.text, 0, one.entities) for number, one in enumerate(options)),
        total_voter_count=0,
        is_closed=parameters.boolean(given, "is_closed"),
        is_anonymous="is_anonymous" not in given or parameters.boolean(given, "is_anonymous"),
        type=kind,
        allows_multiple_answers=parameters.boolean(given, "allows_multiple_answers"),
        allows_revoting=parameters.boolean(given, "allows_revoting"),
        members_only=parameters.boolean(given, "members_only"),
        question_entities=question.entities,
        correct_option_ids=right,
        explanation=explanation.text or None,
        explanation_entities=explanation.entities,
        open_period=parameters.integer(given, "open_period") or None,
        close_date=parameters.integer(given, "close_date") or None,
        description=description.text or None,
        description_entities=description.entities,
    )


POLLS: dict[str, Method] = {"sendPoll": send_poll}

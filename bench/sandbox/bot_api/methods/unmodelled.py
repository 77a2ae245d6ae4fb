"""Methods that are not modelled: their arguments are checked, and the answer is the smallest that Telegram could give.

Each such call is counted, so that a test can forbid it. The violations of every call are noted here too.
"""

from functools import cache
from typing import Any

import msgspec

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.shapes import Shape
from bench.sandbox.bot_api.spec import read_spec
from bench.sandbox.bot_api.violations import argument_misfits, inspect
from bench.sandbox.errors import ApiError
from bench.sandbox.world.conversation import Unmodelled

SPEC = read_spec()
_WORD = "unmodelled"


def note_violations(call: Call, method: str) -> None:
    """Count the violations of a call; `method` is in lower case."""
    spec = SPEC.methods.get(method)
    if spec is not None:
        for what in inspect(spec, call.given):
            call.state.counters.violation(call.bot.id, spec.name, what)


def answer_unmodelled(call: Call, method: str) -> msgspec.Raw:
    """Check and count a call; `method` is in lower case."""
    spec = SPEC.methods.get(method)
    if spec is None:
        raise ApiError(errors.METHOD_NOT_FOUND)
    for field in spec.parameters.values():
        value = call.given.get(field.name)
        if value is None or value == "":
            if field.required:
                raise ApiError(errors.required(field.name))
        elif argument_misfits(spec, field, value):
            raise ApiError(errors.unreadable(field.name))
    call.state.counters.unmodelled(call.bot.id, spec.name)
    chat = call.bot.conversations.get(parameters.integer(call.given, "chat_id"))
    if chat is not None:
        chat.unmodelled.append(Unmodelled(spec.name, call.now_ms, chat.messages.last_id))
    return _least_answer(method)


@cache
def _least_answer(method: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(least(SPEC.methods[method].returns)))


def least(shape: Shape) -> Any:
    """Build the smallest value of a shape: an object has only its required fields."""
    if shape.objects:
        fields = SPEC.types[shape.objects[0]].values()
        return {field.name: least(field.shape) for field in fields if field.required}
    if shape.items is not None:
        return []
    if shape.words:
        return min(shape.words)
    if shape.boolean:
        return True
    return 1 if shape.integer or shape.number else _WORD

"""Nonsense in every parameter of every modelled method: it is refused or accepted, and nothing breaks.

Only UTF-8 text gets this far; see the tests of the transport for the rest.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.unmodelled import answer_unmodelled, note_violations
from bench.sandbox.bot_api.spec import read_spec
from bench.sandbox.bot_api.violations import inspect
from bench.sandbox.errors import ApiError
from tests.sandbox.calls import PICTURE, RIGHT
from tests.sandbox.hall import Hall

METHODS = {method.name: method for method in read_spec().methods.values()}
JUNK: list[Any] = [
    None,
    "",
    "\0",
    "https://[",
    "9" * 30,
    "9" * 5000,
    -1,
    2**70,
    1.5,
    float("inf"),
    True,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": []},
    "[[]]",
    "[" * 5_000,
    '{"inline_keyboard": [[{"text": []}]]}',
    {"inline_keyboard": [[{"text": {}, "url": []}, {"text": 1, "callback_data": {}, "copy_text": {"text": []}}]]},
    {"inline_keyboard": [[{"text": "a", "web_app": {"url": []}}], [{"text": "a", "login_url": {}}]]},
    {"keyboard": [[{"text": []}]]},
    {"type": [], "media": {}, "chat_id": {}, "user_id": []},
    [{"type": "photo", "media": []}, {"type": {}, "media": "x"}],
    [{"command": [], "description": {}}],
    [{"type": "text_mention", "offset": 0, "length": 1, "user": {"id": "x"}}],
    PICTURE,
]


def junk_in(method: str) -> Iterator[tuple[Hall, dict[str, Any]]]:
    hall = Hall()
    for name in METHODS[method].parameters:
        for value in JUNK:
            yield hall, {**RIGHT[method](hall), name: value}


@pytest.mark.parametrize("method", RIGHT)
def test_nonsense_breaks_nothing(method: str) -> None:
    for hall, given in junk_in(method):
        inspect(METHODS[method], given)
        with suppress(ApiError):
            msgspec.json.encode(hall.call_with(method, given))


def test_nonsense_breaks_no_unmodelled_method() -> None:
    hall = Hall()
    for method in METHODS.keys() - RIGHT.keys():
        for name in METHODS[method].parameters:
            for value in JUNK:
                call = Call(hall.state, hall.bot, {name: value}, hall.now_ms)
                note_violations(call, method.lower())
                with suppress(ApiError):
                    answer_unmodelled(call, method.lower())
    assert hall.state.counters.counts().unmodelled
    assert hall.state.counters.violations().count

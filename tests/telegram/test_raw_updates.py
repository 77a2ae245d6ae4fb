"""An answer to getUpdates is cut into its updates, whatever one of them contains."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.telegram.raw_updates import UNKNOWN_KIND, Label, cut, label
from engine.telegram.refused_call import NOT_THE_BOT_API, Refused

GOOD = b'{"update_id":12,"message":{"text":"/start"}}'
BAD = {
    "half of a surrogate pair": rb'{"update_id":11,"message":{"text":"\ud83d"}}',
    "absurd nesting": b'{"update_id":11,"message":' + b'[{"a":' * 20_000 + b"1" + b"}]" * 20_000 + b"}",
    "not UTF-8": b'{"update_id":11,"message":{"text":"\xff\xfe"}}',
    "not a number": b'{"update_id":11,"message":{"date":NaN}}',
    "a huge number": b'{"update_id":11,"message":{"date":' + b"9" * 5_000 + b"}}",
    "a raw control character": b'{"update_id":11,"message":{"text":"a\x00\x1b"}}',
    "brackets and quotes in a text": rb'{"update_id":11,"message":{"text":"]}\"\\\\\"[{ \"update_id\":5"}}',
    "a name that repeats another": b'{"update_id":11,"message":{"update_id":99},"message":{}}',
}
KINDS = ("message", "callback_query")

texts = st.text() | st.sampled_from(['"', "\\", "]}", '{"update_id":1,', "\\ud83d", "\ud83d"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def answer(*updates: bytes) -> bytes:
    return b'{"ok": true, "result":[%s]}' % b",\n".join(updates)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_update_leaves_its_neighbours_whole(bad: bytes) -> None:
    assert cut(answer(GOOD, bad, GOOD)) == [GOOD, bad, GOOD]
    assert label(bad, KINDS) == Label(11, "message")


@given(st.lists(st.dictionaries(texts, values, max_size=4), max_size=4), st.booleans())
def test_the_updates_are_those_of_the_answer(updates: list[dict[str, object]], plain: bool) -> None:  # noqa: FBT001 - drawn
    written = [json.dumps(update, ensure_ascii=plain).encode(errors="surrogatepass") for update in updates]
    assert cut(answer(*written)) == written


@pytest.mark.parametrize("number", ["-1", "1.0", "1e3", '"5"', "null", "2147483648", "9" * 400, "[1]"])
def test_a_number_that_telegram_never_gives_is_none(number: str) -> None:
    assert label(b'{"update_id":%s,"message":{}}' % number.encode(), KINDS) == Label(None, "message")


def test_a_name_that_is_no_kind_is_not_repeated() -> None:
    assert label(b'{"words of a user":1,"update_id":7}', KINDS) == Label(7, UNKNOWN_KIND)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"ok":true}',
        b'{"ok":true,"result":{"id":1}}',
        b'{"ok":true,"result":[',
        b"\xff",
        b"[" * 20_000,
    ],
)
def test_what_is_no_answer_to_get_updates_is_refused(body: bytes) -> None:
    assert cut(body) == NOT_THE_BOT_API


def test_a_refusal_is_given_on() -> None:
    body = b'{"ok":false,"error_code":409,"description":"Conflict","parameters":{"retry_after":1}}'
    assert cut(body) == Refused(409, "Conflict")

"""No secret is printed, wherever in a line it stands and however it is spelled; and a line has a longest form."""

import base64
import json
import secrets
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import api_key
from engine.core.errors import RecoveryError
from engine.runtime import masking
from engine.runtime.masking import LONGEST_VALUE, mask, masked
from engine.runtime.stack_trace import LONGEST_STACK, stack_trace
from engine.runtime.telemetry import as_json, configure, configure_safely, logger
from engine.settings import load_settings
from tests.runtime.test_telemetry import ENVIRON

TOKEN_HALF: Final = "AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 - made up
KEY: Final = base64.b64encode(bytes(range(190, 222))).decode()
BY_FORM: Final = {
    "a bot's token": f"1234567:{TOKEN_HALF}",
    "a token in an address": f"1234567%3A{TOKEN_HALF}",
    "a token without its number": TOKEN_HALF,
    "an API key": api_key.compose("0aB9" * 7 + "zz"),
    "an API key of the former kind": "rk_" + secrets.token_urlsafe(32),
    "an encryption key": KEY,
    "an encryption key of the other alphabet": KEY.replace("+", "-").replace("/", "_"),
    "an encryption key in an address": quote(KEY, safe=""),
}
IN_PLACE: Final = {
    "a password": ("postgresql://me:{}@db:5432/recovery", "correct-horse"),
    "an encoded password": ("redis://:{}@cache:6379/0", "p%40ss%2Fw%3Ard"),
    "a password that was not encoded": ("rediss://me:{}@cache:6379/0", "p/a?s#s@w"),
    "a tracked link": ("https://links.example/r/{}", secrets.token_urlsafe(24)),
    "an invitation": ("https://t.me/manager_bot?start={}", secrets.token_urlsafe(16)),
    "an invitation as it is sent": ("/start {}", secrets.token_urlsafe(16)),
    "a key in a header": ("{{'Authorization': 'Bearer {}'}}", "whatever-it-looks-like"),
    "a secret in a header": ("X-Telegram-Bot-Api-Secret-Token: {}", secrets.token_hex(32)),
    "a secret among headers": ("{{'X-Telegram-Bot-Api-Secret-Token': '{}'}}", secrets.token_hex(32)),
    "a secret among raw headers": ("((b'X-Telegram-Bot-Api-Secret-Token', b'{}'),)", secrets.token_hex(32)),
    "a secret in JSON": ('{{"url": "", "secret_token": "{}"}}', secrets.token_hex(32)),
    "a secret in quoted JSON": (r'"{{\"secret_token\": \"{}\"}}"', secrets.token_hex(32)),
    "a secret of a call": ("SetWebhook(url='', secret_token='{}')", secrets.token_hex(32)),
    "a user and a password in a header": ("Authorization: Basic {}", base64.b64encode(b"me:correct-horse").decode()),
    "a password of two words": ("password='{}'", "correct 'horse".replace("'", r"\'")),
    "a password beside its name": ("host=db password = {}", "correct-horse"),
    "a token that was encoded twice": ("bot1234567%253A{}", TOKEN_HALF),
    "a text of a call": ("SendMessage(chat_id=1, text='{}')", "words of a user"),
    "an invitation to a group": ("/start@manager_bot {}", secrets.token_urlsafe(16)),
    "an invitation in an address": ("https%3A%2F%2Ft.me%2Fmanager_bot%3Fstart%3D{}", secrets.token_urlsafe(16)),
    "a form field": ("url=https://x&secret_token={}&x=1", secrets.token_hex(32)),
}
HARMLESS: Final = (
    "MANAGER_BOT_TOKEN is not set: give the token of the bot that admins talk to.",
    "Redis cannot be used: check REDIS_URL (redis://127.0.0.1:6379/0) and that it is up.",
    f"The library has no photo {'0123456789abcdef' * 4}: add its file again.",
    "http://127.0.0.1:8080/v1/bots/1234567/activity",
    "2026-11-30T09:30:00-03:00",
    "aaaa-bbbb-cccc-dddd-eeee-ffff-ggggg",
    "Run restart 0123456789abcdef0123 to start recovery-of-the-campaign.",
    "Telegram refuses the manager's token: give it the one that @BotFather shows.",
    "Write context='a.yaml', in the text, 'a' and as secret.",
)


@pytest.mark.parametrize("secret", BY_FORM.values(), ids=BY_FORM)
@given(before=st.text(" /'\"{[(,=\n", max_size=5), after=st.text(" /'\"}]),\n", max_size=5))
def test_a_secret_is_known_by_its_form(secret: str, before: str, after: str) -> None:
    for words in (secret, f"{before}{secret}{after}", f"{before}bot {secret} failed{after}"):
        for value in (words, {"nested": [words]}, {words: 1}, (words,), RecoveryError(words)):
            assert secret not in str(mask(None, "error", {"detail": value, "event": words}))


@pytest.mark.parametrize(("sentence", "secret"), IN_PLACE.values(), ids=IN_PLACE)
def test_a_secret_is_known_by_its_place(sentence: str, secret: str) -> None:
    assert secret not in masked(f"It failed at {sentence.format(secret)}: try again.")


@pytest.mark.parametrize("sentence", HARMLESS)
def test_what_is_no_secret_is_said(sentence: str) -> None:
    assert masked(sentence) == sentence


@pytest.mark.parametrize("password", ["correct-horse", "p@ss/w:rd+1", "açaí-é-bom", "quo'te\"d"])
def test_what_this_process_was_given_is_masked_in_every_spelling(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masking, "_known", set())
    url = f"postgresql://me:{quote(password, safe='')}@127.0.0.1/recovery"
    masking.know(load_settings({**ENVIRON, "DATABASE_URL": url}, Path("none")))
    masking.know(
        load_settings({**ENVIRON, "REDIS_URL": f"redis://cache/0?password={quote('of-redis', safe='')}"}, Path("none"))
    )
    assert "of-redis" not in masked("WRONGPASS of-redis")
    for spelling in (password, quote(password), quote(password, safe=""), repr(password)[1:-1]):
        assert spelling not in masked(f"role me could not log in with {spelling}.")


def test_what_was_said_before_a_secret_was_known_is_masked_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_known", set())
    line = {"detail": "refused of-this-process"}
    assert mask(None, "info", dict(line)) == line
    masking.know(load_settings({**ENVIRON, "REDIS_URL": "redis://:of-this-process@cache/0"}, Path("none")))
    assert "of-this-process" not in str(mask(None, "info", dict(line)))


@given(st.text(max_size=masking._REMEMBERED_LENGTH + 9), st.text("abc_- kKeyTokn", max_size=9))
def test_a_remembered_answer_is_the_same_as_a_fresh_one(words: str, name: str) -> None:
    for _ in range(2):
        assert mask(None, "info", {"detail": words}) == {"detail": masked(words)}
        assert masking.is_secret(name) is masking._holds_a_secret_word(name)


@given(
    st.recursive(
        st.text()
        | st.text(max_size=3).map(lambda words: words * LONGEST_VALUE)
        | st.integers()
        | st.floats()
        | st.binary()
        | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
        max_leaves=8,
    )
)
def test_a_value_has_a_longest_form(value: Any) -> None:
    """However long and however deep it is; and JSON can say it."""
    line = json.dumps(mask(None, "info", {"value": value}), ensure_ascii=False, allow_nan=False)
    assert len(line) <= 7 * (LONGEST_VALUE + 50), "JSON writes one character as six at most"


def test_a_secret_at_the_cut_is_not_half_shown() -> None:
    secret = BY_FORM["a bot's token"]
    for place in range(LONGEST_VALUE - len(secret) - 5, LONGEST_VALUE + 5):
        said = mask(None, "info", {"detail": "x " * (place // 2) + secret})["detail"]
        assert TOKEN_HALF[:4] not in said


def test_a_secret_at_the_cut_is_not_shown_because_the_secrets_before_it_were_masked() -> None:
    secret = BY_FORM["a bot's token"]
    for before in range(60):
        said = mask(None, "info", {"detail": "x" * before + f"{secret} " * 1_000})["detail"]
        assert TOKEN_HALF[:4] not in said


def deep(calls: int) -> None:
    if calls:
        deep(calls - 1)
    raise ValueError


def led_to(errors: int) -> None:
    try:
        if errors:
            led_to(errors - 1)
    finally:
        raise KeyError


def many(errors: int) -> None:
    raise ExceptionGroup("many", [ExceptionGroup("inner", [OSError()] * errors)] * errors)


@pytest.mark.parametrize(("fail", "last"), [(deep, "ValueError"), (led_to, "KeyError"), (many, "OSError")])
def test_a_stack_has_a_longest_form(fail: Any, last: str) -> None:
    with pytest.raises((ValueError, KeyError, ExceptionGroup)) as failed:
        fail(300)
    stack = stack_trace((failed.type, failed.value, failed.tb))
    assert len(stack) <= LONGEST_STACK
    assert last in stack


@pytest.mark.parametrize("log_format", ["console", "json"])
@given(st.text("a\n\r\x1b\x00\u2028\ud800é", min_size=1, max_size=9))
def test_nobody_writes_a_line_of_our_log(log_format: str, words: str) -> None:
    """No line end that a stranger sends begins a line, and no character stops the log."""
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("engine.runtime.log_output.LogOutput.info", lambda _, message: written.append(message))
        configure(load_settings({**ENVIRON, "LOG_FORMAT": log_format}, Path("none")))
        logger().info("Request not taken", path=words)
        configure_safely()
    (line,) = written
    assert len(line.splitlines()) == 1
    assert line.encode()
    assert "\x1b" not in line


_WORDS: Final = st.one_of(st.text(max_size=120), st.sampled_from([*BY_FORM.values(), f"bot {TOKEN_HALF}", "a" * 100]))
_NUMBERS: Final = st.one_of(st.integers(-(2**65), 2**65), st.booleans(), st.floats(), st.none())


@given(value=st.one_of(_WORDS, _NUMBERS))
def test_a_value_is_printed_alike_by_itself_and_inside_another(value: Any) -> None:
    alone = mask(None, "info", {"value": value})["value"]
    [inside] = mask(None, "info", {"value": [value]})["value"]
    assert (type(alone), repr(alone)) == (type(inside), repr(inside))


@given(value=st.one_of(_WORDS, _NUMBERS, st.lists(_WORDS, max_size=3), st.dictionaries(_WORDS, _NUMBERS, max_size=3)))
def test_whatever_is_logged_is_a_line_of_json(value: Any) -> None:
    line = as_json(None, "info", mask(None, "info", {"value": value, "event": "Step sent"}))
    assert line == json.dumps(json.loads(line), sort_keys=True)
    assert line.isascii()
    assert line.isprintable()

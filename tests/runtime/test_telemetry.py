"""The log tells what happened, and gives nothing away."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from engine.core.errors import CampaignError, Phrase, RecoveryError
from engine.runtime.masking import mask
from engine.runtime.stack_trace import stack_trace
from engine.runtime.telemetry import configure, configure_safely, logger
from engine.settings import load_settings

WORDS = "THE WORDS OF A USER"
DUE_MS = 1_796_041_800_000
ENVIRON = {
    "REDIS_URL": "redis://127.0.0.1/0",
    "DATABASE_URL": "postgresql://127.0.0.1/recovery",
    "ENCRYPTION_KEY": urlsafe_b64encode(bytes(32)).decode(),
}


@pytest.fixture
def due_logged(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[str]:
    """Log one due in this format, on a host in São Paulo."""
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    time.tzset()
    configure(load_settings({**ENVIRON, "LOG_FORMAT": request.param}, Path("none")))
    logger().info("Recovery step scheduled", due=DUE_MS)
    yield capsys.readouterr().out
    configure_safely()
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("due_logged", ["console"], indirect=True)
def test_people_read_a_due_as_a_local_time(due_logged: str) -> None:
    assert "due=2026-11-30T09:30:00-03:00" in due_logged


@pytest.mark.parametrize("due_logged", ["json"], indirect=True)
def test_machines_read_a_due_as_a_number(due_logged: str) -> None:
    assert json.loads(due_logged)["due"] == DUE_MS


def test_named_secrets_are_masked() -> None:
    event = mask(None, "info", {"event": "x", "token": "1:a", "text": "hello", "chat": 7})
    assert event == {"event": "x", "token": "…", "text": "…", "chat": 7}


def test_a_secret_is_known_by_any_word_of_its_name() -> None:
    event = mask(None, "info", {"bot_token": "1:a", "Api_Key": "k", "step": "key", "keyboard": 1, "context": 2})
    assert event == {"bot_token": "…", "Api_Key": "…", "step": "key", "keyboard": 1, "context": 2}
    names = (
        "X-Telegram-Bot-Api-Secret-Token",
        "Authorization",
        "apiKey",
        "APIKey",
        "secretToken",
        "DB PASSWORD",
        "sslpassword",
    )
    assert mask(None, "info", dict.fromkeys(names, "k")) == dict.fromkeys(names, "…")


def test_nested_values_and_errors_are_searched() -> None:
    token = "1234567:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 - made up
    event = mask(None, "info", {"call": {"text": "hi", "urls": [token, 5]}, "error": RecoveryError(f"bot{token}")})
    assert event == {"call": {"text": "…", "urls": ["…", 5]}, "error": "bot…"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError(WORDS), "ValueError"),
        (asyncpg.DataError(WORDS), "asyncpg.exceptions.DataError"),
        (
            CampaignError("In {place} something is wrong: mend it.", place=WORDS),
            "In {place} something is wrong: mend it.",
        ),
        (
            CampaignError(
                "{file}: {error}",
                file=WORDS,
                error=Phrase("{most:,} MB are too many for {name!r}.", most=9, name=WORDS),
            ),
            "{file}: {most:,} MB are too many for {name!r}.",
        ),
        (RecoveryError("Redis is down: start it."), "Redis is down: start it."),
    ],
)
def test_an_error_is_said_without_what_it_quotes(error: Exception, said: str) -> None:
    assert mask(None, "info", {"error": error}) == {"error": said}


def test_a_token_inside_a_sentence_is_masked() -> None:
    for colon in (":", "%3A"):
        sentence = f"GET /bot1234567{colon}AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getMe failed"
        assert mask(None, "info", {"error": sentence}) == {"error": "GET /bot…/getMe failed"}


@pytest.mark.parametrize("log_format", ["", "console", "json"], ids=["before the settings", "console", "json"])
def test_a_traceback_shows_no_variable_and_no_message(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    if log_format:
        configure(load_settings({**ENVIRON, "LOG_FORMAT": log_format}, Path("none")))
    try:
        _fail(WORDS.lower())
    except ExceptionGroup:
        logger().exception("Turn failed")
    finally:
        configure_safely()
    shown = capsys.readouterr().out
    assert [name for name in ("ZeroDivisionError", "KeyError", "ExceptionGroup", "OSError") if name not in shown] == []
    assert WORDS.lower() not in shown.lower()


def _fail(words: str) -> None:
    """Fail with everything that a traceback can show: a cause, a context, a note and a group."""
    try:
        try:
            len(words) / 0
        except ZeroDivisionError:
            raise KeyError(words)  # noqa: B904 - the context is meant
    except KeyError as error:
        error.add_note(words)
        raise ExceptionGroup(words, [OSError(words)]) from error


def test_errors_that_lead_to_each_other_in_a_circle_are_described_once() -> None:
    one, other = ValueError(WORDS), KeyError(WORDS)
    one.__context__, other.__context__ = other, one
    assert stack_trace((ValueError, one, None)).split() == ["KeyError", "which", "led", "to", "ValueError"]

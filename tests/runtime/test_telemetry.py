"""The log tells what happened, and gives nothing away."""

from engine.runtime.telemetry import mask


def test_named_secrets_are_masked() -> None:
    event = mask(None, "info", {"event": "x", "token": "1:a", "text": "hello", "chat": 7})
    assert event == {"event": "x", "token": "…", "text": "…", "chat": 7}


def test_a_secret_is_known_by_any_word_of_its_name() -> None:
    event = mask(None, "info", {"bot_token": "1:a", "Api_Key": "k", "step": "key", "keyboard": 1})
    assert event == {"bot_token": "…", "Api_Key": "…", "step": "key", "keyboard": 1}


def test_nested_values_and_errors_are_looked_through() -> None:
    token = "1234567:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 - made up
    event = mask(None, "info", {"call": {"text": "hi", "urls": [token, 5]}, "error": ValueError(f"bot{token}")})
    assert event == {"call": {"text": "…", "urls": ["…", 5]}, "error": "bot…"}


def test_a_token_inside_a_sentence_is_masked() -> None:
    sentence = "GET /bot1234567:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getMe failed"
    assert mask(None, "info", {"error": sentence}) == {"error": "GET /bot…/getMe failed"}

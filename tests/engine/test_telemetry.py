"""The log tells what happened, and gives nothing away."""

from engine.telemetry import mask


def test_named_secrets_are_masked() -> None:
    event = mask(None, "info", {"event": "x", "token": "1:a", "text": "hello", "chat": 7})
    assert event == {"event": "x", "token": "…", "text": "…", "chat": 7}


def test_a_token_inside_a_sentence_is_masked() -> None:
    sentence = "GET /bot1234567:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getMe failed"
    assert mask(None, "info", {"error": sentence}) == {"error": "GET /bot…/getMe failed"}

"""The outcome of a send under every fault of the sandbox: a value, never an exception."""

from typing import Final

import pytest

from bench.sandbox.protocol import Fault, FaultKind
from engine.core.bot_identity import Speaker
from engine.core.content.model import Text
from engine.core.delivery.outcome import Outcome, Rejected, RetryLater, Sent, Unauthorized, Unknown, Unreachable
from engine.telegram.sender import Prepared
from tests.telegram.conftest import PLAIN, Stage

HELLO: Final = Text("<b>hello</b>")
NOBODY: Final = Speaker(1, "nobody", "1:nobody-has-this-token-nobody-has-it")
ARRIVED: Final = 1

EXPECTED: Final[dict[FaultKind, tuple[Outcome, int]]] = {
    FaultKind.TOO_MANY_REQUESTS: (RetryLater(7_000, bot_wide=True), 0),
    FaultKind.BLOCKED: (Unreachable(), 0),
    FaultKind.DEACTIVATED: (Unreachable(), 0),
    FaultKind.CHAT_NOT_FOUND: (Unreachable(), 0),
    FaultKind.WRONG_FILE: (Rejected("Bad Request: wrong file identifier/HTTP URL specified"), 0),
    FaultKind.TOO_LARGE: (Rejected("Request Entity Too Large"), 0),
    FaultKind.RESTART: (Unknown("Internal Server Error: restart"), 0),
    FaultKind.BAD_REQUEST: (Rejected("Bad Request: message is too long"), 0),
    FaultKind.UNAUTHORIZED: (Unauthorized(), 0),
    FaultKind.INTERNAL_ERROR: (RetryLater(2_000, bot_wide=False), 0),
    FaultKind.BAD_GATEWAY: (Unknown("unreadable answer, HTTP 502"), 0),
    FaultKind.NO_DESCRIPTION: (Unknown("error 500 without a word"), 0),
    FaultKind.DROP_BEFORE_ACCEPT: (Unknown("ServerDisconnectedError"), 0),
    FaultKind.HANG: (Unknown("TimeoutError"), 0),
    FaultKind.SLOW: (Sent((3,)), ARRIVED),
    FaultKind.ACCEPT_THEN_DROP: (Unknown("ServerDisconnectedError"), ARRIVED),
    FaultKind.TRUNCATED: (Unknown("unreadable answer, HTTP 200"), ARRIVED),
    FaultKind.UNKNOWN_FIELDS: (Sent((3,)), ARRIVED),
    FaultKind.BLOCKS: (Unreachable(), 0),
    FaultKind.LEAVES: (Unreachable(), 0),
    FaultKind.UNKNOWN_UPDATE: (Sent((3,)), ARRIVED),
}


@pytest.mark.parametrize("kind", FaultKind)
async def test_every_fault_becomes_an_outcome(stage: Stage, kind: FaultKind) -> None:
    """The first message opens the connection, so that a short patience is for the answer alone."""
    await stage.replace_sender(stage.api_url, timeout_s=0.5 if kind is FaultKind.HANG else 30.0)
    await stage.send(HELLO)
    await stage.people.set_fault(Fault(kind, method="sendMessage", retry_after=7, latency_ms=1))
    outcome, arrived = EXPECTED[kind]
    assert await stage.send(HELLO, attempts=2) == outcome
    assert len(await stage.messages()) == 1 + arrived


async def test_too_many_requests_without_a_time_are_waited_out(stage: Stage) -> None:
    await stage.people.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=None))
    assert await stage.send(HELLO) == RetryLater(5_000, bot_wide=True)


async def test_a_person_unknown_to_the_bot_is_unreachable(stage: Stage) -> None:
    assert await stage.sender.send(stage.speaker, 1, Prepared(HELLO), PLAIN, 1) == Unreachable()


async def test_broken_html_is_rejected(stage: Stage) -> None:
    assert isinstance(await stage.send(Text("<b>hello")), Rejected)


async def test_a_connection_that_was_never_made_certainly_sent_nothing(stage: Stage) -> None:
    await stage.replace_sender("http://127.0.0.1:1")
    assert await stage.send(HELLO) == RetryLater(1_000, bot_wide=False)


async def test_telegram_is_asked_whether_a_token_is_valid(stage: Stage) -> None:
    assert await stage.sender.is_authorized(stage.speaker.token) is True
    assert await stage.sender.is_authorized(NOBODY.token) is False
    await stage.people.set_fault(Fault(FaultKind.BAD_GATEWAY))
    assert await stage.sender.is_authorized(stage.speaker.token) is None


def test_a_speaker_keeps_its_token_to_itself() -> None:
    assert NOBODY.token not in repr(NOBODY)

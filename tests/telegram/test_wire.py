"""Answers that are not the Bot API's: pages, halves and nonsense, none of which raises anything or shows a token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from engine.core.bot_identity import Speaker
from engine.core.content.model import Text
from engine.core.delivery.outcome import Outcome, Rejected, RetryLater, Unauthorized, Unknown, Unreachable
from engine.telegram.sender import Prepared, Sender
from engine.telegram.session import LONGEST_S, TIMEOUT_S, time_limit
from tests.telegram.conftest import PLAIN, no_uploads

SPEAKER: Final = Speaker(1, "shop_bot", "123456:a-token-that-nobody-may-see-anywhere")
MIGRATION: Final = ',"parameters":{"migrate_to_chat_id":-1001}'
MB: Final = 1024 * 1024
PAGE: Final = "<html><h1>no</h1></html>"


def answer(status: int, body: str, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", body)
    return "\r\n".join(lines).encode()


def refusal(code: int, description: str, more: str = "") -> bytes:
    return answer(code, f'{{"ok":false,"error_code":{code},"description":"{description}"{more}}}')


@asynccontextmanager
async def server(content: bytes) -> AsyncIterator[str]:
    """Answers every request with the same bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def heard(content: bytes) -> Outcome:
    """The outcome of a send with this answer."""
    async with server(content) as url:
        sender = Sender(url, no_uploads())
        outcome = await sender.send(SPEAKER, 7, Prepared(Text("hello")), PLAIN, 1)
        await sender.close()
    return outcome


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (answer(413, PAGE), Rejected("Request Entity Too Large")),
        (refusal(413, "Request Entity Too Large"), Rejected("Request Entity Too Large")),
        (answer(429, PAGE, "Retry-After: 9"), RetryLater(9_000, bot_wide=True)),
        (answer(429, PAGE), RetryLater(5_000, bot_wide=True)),
        (answer(403, PAGE), RetryLater(1_000, bot_wide=False)),
        (answer(401, PAGE), RetryLater(1_000, bot_wide=False)),
        (answer(503, PAGE), Unknown("unreadable answer, HTTP 503")),
        (answer(302, "", "Location: /elsewhere"), Unknown("unreadable answer, HTTP 302")),
        (answer(200, PAGE), Unknown("unreadable answer, HTTP 200")),
        (answer(200, '{"ok":true}'), Unknown("unreadable success")),
        (answer(200, '{"ok":true,"result":true}'), Unknown("unreadable success")),
        (answer(200, '{"ok":true,"result":{"message_id":"x"}}'), Unknown("unreadable success")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", Unknown("ClientPayloadError")),
        (b"this is no HTTP\r\n\r\n", Unknown("ClientResponseError")),
        (refusal(504, "Gateway Timeout"), Unknown("Gateway Timeout")),
        (refusal(404, "Not Found"), Unauthorized()),
        (
            refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", MIGRATION),
            Unreachable(),
        ),
    ],
)
async def test_every_answer_is_a_value(content: bytes, outcome: Outcome) -> None:
    assert await heard(content) == outcome


@pytest.mark.parametrize(
    ("size", "longer_s"),
    [(0, 0), (19 * MB, 38), (50 * MB, LONGEST_S - TIMEOUT_S), (500 * MB, LONGEST_S - TIMEOUT_S)],
)
def test_an_upload_may_take_longer_and_nothing_takes_longer_than_is_said(size: int, longer_s: int) -> None:
    assert time_limit(TIMEOUT_S, size).total == TIMEOUT_S + longer_s

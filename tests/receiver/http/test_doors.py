"""The receiver's port on the open internet: half-open connections, garbage, and what anybody can read off an answer."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.receiver.http import connection, listener, server
from engine.receiver.http.connection_limits import Bounds, Stage
from engine.receiver.webhook_feed import PATH
from tests.receiver.http.wire import BOT, HALF, HEALTHY, UPDATE, WRONG, Wire, opened, request

SMALL = Bounds(in_all=8, strangers=5, from_one=3)
PRIVATE = b"rk_of-somebody"
OF_THE_NETWORK = (
    *(ConnectionError, ConnectionResetError, ConnectionAbortedError, ConnectionRefusedError, BrokenPipeError),
    *(OSError, TimeoutError, socket.gaierror, ssl.SSLError),
)


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> Bounds:
    monkeypatch.setattr(server, "bounds_for", lambda _files: SMALL)
    monkeypatch.setattr(listener, "LOOK_S", 0.02)
    return SMALL


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with opened() as made:
        yield made


@pytest.fixture
async def narrow(bounds: Bounds) -> AsyncIterator[Wire]:  # noqa: ARG001 - it is in force
    async with opened() as made:
        yield made


@contextmanager
def at_most(stage: Stage, seconds: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "most_s", seconds)
        yield


async def test_half_open_connections_shut_nobody_out(narrow: Wire, capsys: pytest.CaptureFixture[str]) -> None:
    known = await narrow.call(request())
    assert (await known.answer()).status == 200
    halves = [await narrow.call(HALF) for _ in range(20)]
    assert (await narrow.ask(HEALTHY)).status == 200
    assert (await narrow.ask(request())).status == 200
    assert all([await half.is_closed() for half in halves[: 20 - SMALL.from_one]])
    await known.send(request())
    assert (await known.answer()).status == 200, "it has proved who it is, and counts among nobody's strangers"
    async with asyncio.timeout(10):
        while "too_many=" not in capsys.readouterr().out:  # noqa: ASYNC110 - the log is the signal
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("sent", [b"", b"P", HALF, b"\r\n"])
async def test_a_request_that_does_not_come_is_not_waited_for(narrow: Wire, sent: bytes) -> None:
    with at_most(Stage.ARRIVING, 0.05):
        assert await (await narrow.call(sent)).is_closed()


async def test_a_head_that_comes_byte_by_byte_gains_no_time(narrow: Wire) -> None:
    with at_most(Stage.ARRIVING, 0.2):
        caller = await narrow.call()
        end = asyncio.create_task(caller.is_closed())
        for _ in range(1_000):
            if end.done():
                break
            caller.writer.write(b"x")
            await asyncio.sleep(0.01)
        assert end.done()


async def test_a_known_connection_rests_for_a_while_only(narrow: Wire) -> None:
    with at_most(Stage.RESTING, 0.05):
        caller = await narrow.call(request())
        assert (await caller.answer()).status == 200
        assert await caller.is_closed()


async def test_an_update_under_way_is_answered_however_many_come(narrow: Wire) -> None:
    narrow.go_on.clear()
    update = await narrow.call(request())
    for _ in range(20):
        await narrow.call(HALF)
    narrow.go_on.set()
    assert (await update.answer()).status == 200


async def test_a_full_house_of_answers_turns_a_newcomer_away(narrow: Wire) -> None:
    narrow.go_on.clear()
    busy = []
    for _ in range(SMALL.in_all):
        busy.append(await narrow.call(request(body=b"", length=len(UPDATE), Expect="100-continue")))
        await busy[-1].reader.readuntil(b"\r\n\r\n")
    assert await (await narrow.call(HEALTHY)).is_closed()
    for caller in busy:
        await caller.send(UPDATE)
    narrow.go_on.set()
    assert [(await caller.answer()).status for caller in busy] == [200] * SMALL.in_all
    assert (await narrow.ask(HEALTHY)).status == 200, "a resting connection leaves for it"


ODD = {
    "no request": b"nonsense %s\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03%s\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n%s",
    "another version": b"GET /%s HTTP/3.0\r\nHost: x\r\n\r\n",
    "no host": b"GET /%s HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: %s\r\n\r\n",
    "a NUL": b"GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\0\r\n\r\n",
    "a bad name": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA b: %s\r\n\r\n",
    "a folded line": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n %s\r\n\r\n",
    "a bad length": b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an unknown coding": b"POST /%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a long line": b"GET /%s" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /%s HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 9_000 + b"\r\n\r\n",
    "many headers": b"GET /%s HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\nHost: %s\r\n\r\n",
    "a tunnel": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: %s\r\n\r\n",
    "a whole address": b"GET http://%s/elsewhere HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad address": b"GET http://[%s/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad escape": b"GET /%%zz%%ff/%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "dots": b"GET /../../%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "an upgrade": b"GET /%s HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "old HTTP": b"GET /%s HTTP/1.0\r\n\r\n",
    "an expectation": b"GET /%s HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n",
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
async def test_an_odd_request_gets_an_answer_of_the_one_shape_and_no_line(
    raw: bytes, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    caller = await wire.call(raw % PRIVATE)
    answer = await caller.answer()
    assert answer.status in (400, 404, 415)
    assert answer.error.endswith(".") or "check" in answer.error
    assert PRIVATE not in answer.body
    assert (answer.headers["server"], answer.headers["x-content-type-options"]) == ("recovery", "nosniff")
    assert await caller.is_closed()
    said = "".join(line for line in capsys.readouterr().out.splitlines() if "Turned away" not in line)
    assert said == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"GET /", b" HTTP/1.1\r\n", b"Host: x", b"\r\n"]))))
def test_garbage_gets_the_one_shape_or_nothing(parts: list[bytes]) -> None:
    async def play() -> None:
        async with opened() as wire:
            caller = await wire.call(b"".join(parts) + b"\r\n\r\n")
            caller.writer.write_eof()
            try:
                answer = await caller.answer()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            assert answer.status in (400, 404, 415)
            assert answer.error

    asyncio.run(play())


async def test_a_known_caller_gains_no_longer_head(wire: Wire) -> None:
    caller = await wire.call(request())
    assert (await caller.answer()).status == 200
    await caller.send(request(A="x" * 8_000, B="y" * 8_000, C="z" * 8_000))
    assert (await caller.answer()).status == 200
    await caller.send(HALF)
    for _ in range(connection.MOST_HEAD // 1_000 + 1):
        await caller.send(b"x: " + b"y" * 1_000 + b"\r\n")
    assert (await caller.answer()).status == 431
    assert await caller.is_closed()


@pytest.mark.parametrize("start", [b"GET /", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET /healthz HTTP/1.1\r\nA: "])
async def test_a_head_without_an_end_is_not_kept(wire: Wire, start: bytes) -> None:
    line = b"x: " + b"y" * 1_000 + b"\r\n"
    caller = await wire.call(start)
    for _ in range(connection.MOST_HEAD // len(line) + 1):
        await caller.send(line)
    assert (await caller.answer()).status in (400, 431)
    assert await caller.is_closed()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(), 200),
        (HEALTHY, 200),
        (request(body=b"nonsense"), 400),
        (request(secret=WRONG), 404),
        (request(line="GET /elsewhere"), 404),
        (request(line=f"GET {PATH}/{BOT}"), 404),
        (request(line="GET /healthz", Content_Encoding="gzip"), 415),
        (request(line="GET /r/nothing"), 404),
    ],
)
async def test_no_answer_names_our_versions_or_lets_a_browser_guess(wire: Wire, raw: bytes, status: int) -> None:
    answer = await wire.ask(raw)
    assert (answer.status, answer.headers["server"], answer.headers["x-content-type-options"]) == (
        status,
        "recovery",
        "nosniff",
    )


async def test_a_failure_of_ours_has_the_one_shape_too(wire: Wire, capsys: pytest.CaptureFixture[str]) -> None:
    wire.fault = ZeroDivisionError()
    answer = await wire.ask(request())
    assert (answer.status, "log" in answer.error) == (500, True)
    said = capsys.readouterr().out
    assert "Request failed" in said
    assert "ZeroDivisionError" in said


@pytest.mark.parametrize("kind", OF_THE_NETWORK)
async def test_an_update_that_meets_a_failure_of_the_network_is_not_acknowledged(
    wire: Wire, kind: type[OSError]
) -> None:
    """Of ours, behind the receiver: the caller's own connection is as it was."""
    wire.fault = kind("a socket of ours")
    caller = await wire.call(request())
    refused = await caller.answer()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert "deliver it again" in refused.error
    wire.fault = None
    await caller.send(request())
    assert (await caller.answer()).status == 200


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"POST {PATH}/{BOT}", 200),
        (f"POST {PATH}/00{BOT}", 200),
        (f"POST {PATH}/{BOT}?a=1", 200),
        (f"POST {PATH}/{BOT}#a", 200),
        (f"POST {PATH}/%3{BOT}", 200),
        (f"POST http://x{PATH}/{BOT}", 200),
        (f"POST {PATH}/{'0' * 30}{BOT}", 404),
        (f"POST {PATH}/a%2F{BOT}", 404),
        (f"POST {PATH}/{BOT}/", 404),
        (f"POST {PATH}//{BOT}", 404),
        (f"POST {PATH}/{BOT}%00", 404),
        (f"POST {PATH}/-{BOT}", 404),
        (f"POST {PATH}/{BOT + 1}", 404),
        (f"POST {PATH}/", 404),
        (f"GET {PATH}/{BOT}", 404),
        (f"PUT {PATH}/{BOT}", 404),
    ],
)
async def test_a_bots_address_means_the_same_however_it_is_spelled(wire: Wire, line: str, status: int) -> None:
    assert (await wire.ask(request(line))).status == status
    assert (await wire.ask(request(line, secret=WRONG))).status == 404

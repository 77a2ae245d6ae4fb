"""Whose body is read, and when: nobody's before they have proved who they are, and nobody's that is packed."""

import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.receiver.http import body
from engine.receiver.http.body import is_packed
from engine.receiver.http.connection_limits import Stage
from engine.receiver.http.server import MAX_BODY
from engine.receiver.webhook_feed import PATH
from tests.receiver.http.wire import BOT, UPDATE, WRONG, Wire, opened, request

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
HUGE = 10**9
STRANGERS = {
    "a wrong secret": {"secret": WRONG},
    "no secret": {"secret": ""},
    "an unknown bot": {"line": f"POST {PATH}/8"},
    "an unknown path": {"line": "POST /elsewhere"},
    "an unknown path of the API": {"line": "POST /v1/bots/7/elsewhere"},
    "a wrong method": {"line": f"PUT {PATH}/{BOT}"},
    "no path": {"line": "OPTIONS *"},
    "a health check": {"line": "GET /healthz"},
}
WAYS = {
    "with its length": {"length": HUGE},
    "in chunks": {"Transfer_Encoding": "chunked"},
    "when it is asked for": {"length": HUGE, "Expect": "100-Continue"},
    "in chunks when it is asked for": {"Transfer_Encoding": "chunked", "Expect": "100-continue"},
}


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with opened() as made:
        yield made


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_is_answered_before_the_body_and_hung_up_on(
    wire: Wire, stranger: dict[str, str], way: dict[str, str]
) -> None:
    caller = await wire.call(request(**{"body": b"", **stranger, **way}))  # type: ignore[arg-type]  # one value each
    answer = await caller.answer()
    assert answer.status == (200 if "healthz" in stranger.get("line", "") else 404)
    assert answer.headers["connection"] == "close"
    assert await caller.is_closed()


async def test_what_a_stranger_goes_on_to_send_is_not_read(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stage.LEAVING, "most_s", 0.2)
    caller = await wire.call(request(secret=WRONG, body=b"", length=HUGE))
    await caller.answer()
    sent, piece = 0, bytes(2**20)
    with suppress(ConnectionError):
        while sent < HUGE:
            await caller.send(piece)
            sent += len(piece)
    assert sent < 2**25, "only the kernel's own buffers take something"


async def test_only_the_first_of_a_strangers_requests_is_answered(wire: Wire) -> None:
    caller = await wire.call(request(secret=WRONG) + request() + request())
    assert (await caller.answer()).status == 404
    assert await caller.is_closed()
    assert wire.taken == []


async def test_a_known_caller_keeps_the_connection_until_a_request_proves_nothing(wire: Wire) -> None:
    caller = await wire.call(request() + request())
    assert [(await caller.answer()).status for _ in range(2)] == [200, 200]
    await caller.send(request(body=b'3\r\n{"u\r\nd\r\npdate_id": 2}\r\n0\r\n\r\n', Transfer_Encoding="Chunked"))
    assert (await caller.answer()).status == 200
    await caller.send(request(secret=WRONG))
    assert (await caller.answer()).headers["connection"] == "close"
    assert await caller.is_closed()
    assert wire.taken == [1, 1, 2]


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
async def test_a_known_caller_is_asked_for_the_body_it_holds_back(wire: Wire, expect: str) -> None:
    caller = await wire.call(request(body=b"", length=len(UPDATE), Expect=expect))
    assert await caller.reader.readexactly(len(GO_ON)) == GO_ON
    await caller.send(UPDATE)
    assert (await caller.answer()).status == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(body=b"", length=MAX_BODY + 1), 413),
        (request(body=b"", length=MAX_BODY + 1, Expect="100-continue"), 413),
        (request(body=_chunked(bytes(MAX_BODY + 1)), Transfer_Encoding="chunked"), 413),
        (request(body=b"{", length=2), 408),
        (request(body=b"", length=2), 408),
        (request(body=b"2\r\n{}\r\n", Transfer_Encoding="chunked"), 408),
        (request(body=b"nonsense\r\n", Transfer_Encoding="chunked"), 400),
        (request(body=b"1\r\n{}\r\n0\r\n\r\n", Transfer_Encoding="chunked"), 400),
        (request(body=_chunked(gzip.compress(UPDATE)), Transfer_Encoding="gzip, chunked"), 415),
        (request(body=gzip.compress(UPDATE), Content_Encoding="gzip"), 415),
    ],
)
async def test_a_known_callers_bad_body_is_refused(
    wire: Wire, raw: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "BODY_S", 0.1 if status == 408 else 60)
    caller = await wire.call(raw)
    answer = await caller.answer()
    assert (answer.status, answer.error[-1]) == (status, ".")
    if answer.headers.get("connection") == "close":
        assert await caller.is_closed()
    assert wire.taken == []
    assert (await wire.ask(request())).status == 200


async def test_who_hangs_up_in_the_middle_of_a_body_harms_nobody(
    wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    for cut in (request(body=b"{", length=20), request(body=b"5\r\n{", Transfer_Encoding="chunked")):
        (await wire.call(cut)).writer.close()
    assert (await wire.ask(request())).status == 200
    assert "Request failed" not in capsys.readouterr().out


@pytest.mark.parametrize("line", ["GET /healthz", f"POST {PATH}/{BOT}", "POST /elsewhere", "POST /v1/bots/7/feed"])
@pytest.mark.parametrize("coding", ["gzip", "GZip", " deflate ", "br", "zstd", "x-gzip", "identity, gzip", "chunked"])
async def test_a_packed_body_is_refused_to_everybody_and_stays_packed(wire: Wire, line: str, coding: str) -> None:
    bomb = gzip.compress(bytes(2**20))
    caller = await wire.call(request(line, bomb, length=HUGE, Content_Encoding=coding))
    answer = await caller.answer()
    assert (answer.status, "Content-Encoding" in answer.error) == (415, True)
    assert answer.headers["connection"] == "close"


def _spelled(coding: str) -> st.SearchStrategy[str]:
    return st.sampled_from([coding, coding.upper(), coding.title(), f" {coding}", f"{coding.swapcase()}\t "])


CODINGS = st.lists(
    st.lists(
        st.sampled_from(["identity", "", "gzip", "x-gzip", "deflate", "compress", "br", "zstd", "ﬁ", "identityx", "*"]),
        min_size=1,
        max_size=3,
    ),
    max_size=3,
)


@given(CODINGS, st.data())
def test_a_packing_is_found_however_it_is_written(lines: list[list[str]], data: st.DataObject) -> None:
    spelled = [",".join(data.draw(_spelled(coding)) for coding in line) for line in lines]
    named = {coding for line in lines for coding in line} - {""}
    assert is_packed(spelled) == (not named <= {"identity"})
    assert is_packed((), [*spelled, "chunked"]) == (not named <= {"identity", "chunked"})

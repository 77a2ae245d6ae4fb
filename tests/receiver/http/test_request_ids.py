"""One id leads from an answer of the HTTP API to the lines that were logged for it, in our system and the caller's."""

import asyncio
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from msgspec.structs import replace
from structlog.contextvars import bound_contextvars, get_contextvars

from engine.chats.endings import Endings
from engine.receiver.http.request_ids import HEADER
from engine.runtime import telemetry
from engine.runtime.batcher import Batcher
from engine.runtime.log_output import LogOutput
from engine.runtime.repeated_lines import A_SECOND, RepeatedLines
from tests.receiver.http.desk import PAID, Desk

OURS = 12


@pytest.fixture
def log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Nothing that was logged before counts among its repeated lines."""
    monkeypatch.setattr(telemetry, "repeated", RepeatedLines())
    telemetry.configure(replace(desk.settings, log_format="json", log_level="debug"))
    structlog.configure(logger_factory=LogOutput(written := StringIO()))
    yield written
    telemetry.configure_safely()


def lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def ask(
    desk: Desk, path: str = "", given: str | None = None, *, method: str = "POST", key: str | None = None
) -> tuple[int, str, dict[str, Any]]:
    """The status, the id in the header, and the body."""
    url = f"{desk.settings.public_url}{path or f'/v1/bots/{desk.bot.id}/payments'}"
    headers = {"Authorization": f"Bearer {desk.key if key is None else key}"}
    headers |= {} if given is None else {HEADER: given}
    async with desk.session.request(method, url, headers=headers, json=PAID) as response:
        (request_id,) = response.headers.getall(HEADER, [""])
        return response.status, request_id, await response.json()


async def test_each_answer_has_an_id_of_its_own(desk: Desk) -> None:
    ids = {(await ask(desk))[1] for _ in range(20)}
    assert (len(ids), {len(one) for one in ids}) == (20, {OURS})


async def test_a_short_and_plain_id_of_the_caller_is_taken_over(desk: Desk) -> None:
    for given in ("7", "order-1042", "0af7651916cd43dd8448eb211c80319c", "a.b_c-D", "x" * 64):
        assert (await ask(desk, given=given))[1] == given


async def test_any_other_id_is_replaced(desk: Desk) -> None:
    for given in ("", " ", "x" * 65, "a b", "a/b", "é", "${jndi:x}", "<b>", "a;b", '"', "a\tb", "%0a"):
        status, request_id, _ = await ask(desk, given=given)
        assert (status, len(request_id), request_id != given) == (200, OURS, True)


async def test_an_id_that_comes_twice_is_replaced(desk: Desk) -> None:
    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}"
    async with desk.session.get(url, headers=[(HEADER, "one"), (HEADER, "two")]) as response:
        assert len(response.headers[HEADER]) == OURS


ERRORS = [
    ("/v1/bots/{bot}/payments", "POST", "wrong", 401),
    ("/v1/bots/{bot}/activity", "POST", None, 422),
    ("/v1/bots/{bot}/feed", "POST", None, 422),
    ("/v1/bots/{bot}/elsewhere", "POST", None, 404),
    ("/v1/bots/{bot}/payments", "DELETE", None, 404),
    ("/v1", "GET", None, 404),
    ("/v1/%00/é", "POST", None, 404),
]


async def test_an_error_names_the_id_in_its_body(desk: Desk) -> None:
    for path, method, key, status in ERRORS:
        found, request_id, said = await ask(desk, path.format(bot=desk.bot.id), "mine", method=method, key=key)
        assert (found, request_id) == (status, "mine")
        assert (list(said), said["request_id"]) == (["error", "request_id"], "mine")


async def test_what_is_not_of_the_api_has_no_id(desk: Desk) -> None:
    for path in ("/healthz", "/elsewhere", "/telegram/1"):
        async with desk.session.get(f"{desk.settings.public_url}{path}", headers={HEADER: "mine"}) as response:
            assert (HEADER in response.headers, "mine" in await response.text()) == (False, False)


async def test_the_lines_of_a_request_carry_its_id_and_success_is_for_debugging(desk: Desk, log: StringIO) -> None:
    await ask(desk, given="good")
    await desk.pool.execute("ALTER TABLE payments RENAME TO elsewhere")
    assert (await ask(desk, given="bad"))[0] == 503
    said = [(line["level"], line["event"], line["request_id"]) for line in lines(log) if "request_id" in line]
    assert said == [
        ("debug", "Request answered", "good"),
        ("warning", "Request not taken", "bad"),
        ("debug", "Request answered", "bad"),
    ]


async def test_requests_side_by_side_do_not_mix_their_ids(desk: Desk, log: StringIO) -> None:
    await desk.pool.execute("ALTER TABLE payments RENAME TO elsewhere")
    await asyncio.gather(*(ask(desk, given=f"r{number}") for number in range(A_SECOND)))
    warned = [line["request_id"] for line in lines(log) if line["event"] == "Request not taken"]
    assert sorted(warned) == sorted(f"r{number}" for number in range(A_SECOND))


async def test_a_failure_of_ours_is_answered_in_the_one_shape_and_logged_with_the_id(
    desk: Desk, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "of a user"

    async def fail(*_: object) -> None:
        raise ArithmeticError(words)

    monkeypatch.setattr(Endings, "pay", fail)
    status, request_id, said = await ask(desk, given="broken")
    assert (status, request_id, said["request_id"]) == (500, "broken", "broken")
    assert words not in said["error"]
    (failed,) = [line for line in lines(log) if line["level"] == "error"]
    assert (failed["event"], failed["request_id"]) == ("Request failed", "broken")
    assert "ArithmeticError" in failed["exception"]
    assert words not in failed["exception"]


async def test_a_batch_of_many_callers_speaks_in_the_name_of_none() -> None:
    heard: list[dict[str, Any]] = []

    async def run(items: list[int]) -> list[int]:
        heard.append(get_contextvars())
        return items

    with bound_contextvars(request_id="first"):
        assert await Batcher(run)(1) == 1
    assert heard == [{}]

"""The load of ingest: its updates, its senders, and the Bot API that always has some."""

import asyncio

import msgspec
import pytest
from aiohttp import web

from bench.harness.conversation import helper
from bench.questions.ingest.fake_api import FakeApi
from bench.questions.ingest.senders import CONNECTIONS, Hooked
from bench.questions.ingest.updates import FIRST_NUMBER, update
from engine.core.errors import RecoveryError
from engine.receiver.events import SignOfLife
from engine.receiver.polling_feed import LIMIT
from engine.receiver.updates import Batch, read_answer, read_update

HERE = "bench.questions.ingest"


def test_an_update_is_a_sign_of_life() -> None:
    reading = read_update(update(FIRST_NUMBER + 7, 1_700_000_000))
    assert (reading.number, reading.bad) == (FIRST_NUMBER + 7, None)
    assert isinstance(reading.event, SignOfLife)
    assert reading.event.chat_id == 5_000_000_007


@pytest.mark.parametrize("number", [0, 1, 9_999, 10_000, 899_999_999])
def test_every_update_is_as_long_as_the_first(number: int) -> None:
    assert len(update(FIRST_NUMBER + number, 1_700_000_000)) == len(update(FIRST_NUMBER, 1_999_999_999))


async def test_senders_count_what_a_server_answered() -> None:
    bots = msgspec.json.encode([Hooked(7, "secret"), Hooked(8, "secret")]).decode()
    async with helper(f"{HERE}.bare") as bare, helper(f"{HERE}.senders", await bare.hear()) as senders:
        assert await senders.ask(bots) == str(2 * CONNECTIONS)
        assert int(await senders.ask("0.1")) >= 2 * CONNECTIONS


async def test_an_update_that_is_not_taken_ends_the_senders(capfd: pytest.CaptureFixture[str]) -> None:
    async with helper(f"{HERE}.fake_api") as telegram, helper(f"{HERE}.senders", await telegram.hear()) as senders:
        await senders.ask(msgspec.json.encode([Hooked(7, "secret")]).decode())
        with pytest.raises(RecoveryError, match=r"senders has ended\."):
            await senders.ask("60")
    assert "NotTakenError: HTTP/1.1 404" in capfd.readouterr().err


async def test_the_bot_api_counts_the_updates_that_were_acknowledged() -> None:
    api = FakeApi({7})
    assert read_answer(bytes_of(await api.updates(7, 0, 0.0))) == Batch(0, (), (), ())
    telling = asyncio.create_task(api.answer("0.05"))
    page = read_answer(bytes_of(await api.updates(7, 0, 60)))
    assert isinstance(page, Batch)
    assert page.numbers == tuple(range(FIRST_NUMBER, FIRST_NUMBER + LIMIT))
    following = read_answer(bytes_of(await api.updates(7, FIRST_NUMBER + LIMIT, 60)))
    assert isinstance(following, Batch)
    assert following.numbers[0] == FIRST_NUMBER + LIMIT
    assert await telling == str(LIMIT)


async def test_nobody_writes_to_other_bots() -> None:
    api = FakeApi({7})
    await api.updates(7, 0, 0.0)
    telling = asyncio.create_task(api.answer("0.05"))
    assert read_answer(bytes_of(await api.updates(8, 0, 0.01))) == Batch(0, (), (), ())
    assert await telling == "0"


def bytes_of(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body

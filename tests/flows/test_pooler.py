"""The stories of three people, told behind a pooler that lends another session for each transaction."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.flows.house import BOT, House, open_house, trust_one_receiver
from tests.storage.postgres.pooler import Pooler, pooler


@pytest.fixture
async def lender(database_url: str) -> AsyncIterator[Pooler]:
    async with pooler(database_url) as lender:
        yield lender


@pytest.fixture
async def house(redis_url: str, lender: Pooler, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    async with open_house(redis_url, lender.url) as house:
        yield house
        assert (await house.people.violations()).listed == []


async def test_everybody_gets_what_is_due_once(house: House, lender: Pooler) -> None:
    silent, back, paid = [await house.someone() for _ in range(3)]
    await asyncio.gather(*[house.delivery(person, "two", "sent") for person in (silent, back, paid)])
    await lender.forget_everything()
    await house.people.write(BOT, back, "I am back")
    await house.people.pay(BOT, paid)
    assert await house.ended(silent) == ["completed"]
    assert await house.ended(back, 2) == ["returned", "completed"]
    assert await house.ended(paid, 2) == ["paid", "paid"]
    assert await house.told(silent) == ["first", "second", "third"]
    assert await house.told(back) == ["first", "second", "first", "second", "third"]
    assert await house.told(paid) == ["first", "second"]

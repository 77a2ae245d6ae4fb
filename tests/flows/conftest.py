"""One running house per story; at its end the sandbox says whether the bot kept Telegram's rules."""

from collections.abc import AsyncIterator

import pytest

from tests.flows.house import House, open_house, trust_one_receiver


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    async with open_house(redis_url, database_url) as house:
        yield house
        assert (await house.people.violations()).listed == []
        assert (await house.people.counters()).unmodelled == 0

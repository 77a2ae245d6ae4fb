"""A button's link leads through the receiver: a person who taps it has returned, and the tap is counted. Previews are
not taps.
"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from tests.flows.house import BOT, House, open_house, trust_one_receiver

CAMPAIGN = b"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: offer
    schedule: now
    blocks:
      - key: price
        text: first
        buttons:
          - [{text: Buy, url: "https://shop.example/buy"}]
          - [{text: Terms, url: "https://shop.example/terms", tracked: false}]
  - key: later
    schedule: 1h
    blocks: [second]
"""


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    with port_of(0) as free:
        port = str(free.getsockname()[1])
    async with open_house(redis_url, database_url, PUBLIC_URL=f"http://127.0.0.1:{port}", PORT=port) as house:
        yield house


async def test_a_tap_on_a_link_counts_and_ends_the_silence(house: House) -> None:
    await house.publish(CAMPAIGN)
    person = await house.someone()
    await house.delivery(person, "price", "sent")
    buy, terms = await _addresses(house, person)
    assert buy.startswith(f"{house.settings.public_url}/r/")
    assert terms == "https://shop.example/terms"
    async with aiohttp.ClientSession() as session:
        for agent in ["TelegramBot (like TwitterBot)"] * 4 + ["Mozilla/5.0 (Android 14; Mobile) Firefox/132.0"]:
            assert await house.pool.fetchval("SELECT count(*) FROM recovery_clicks") == 0
            async with session.get(buy, headers={"User-Agent": agent}, allow_redirects=False) as response:
                assert response.headers["Location"] == "https://shop.example/buy"
    assert await house.ended(person) == ["returned"]
    clicks = await house.pool.fetch("SELECT chat_id, step_key, block_key, button FROM recovery_clicks")
    assert [tuple(row) for row in clicks] == [(person, "offer", "price", "0.0")]


async def _addresses(house: House, person: int) -> list[str]:
    (message,) = [one for one in (await house.people.transcript(BOT, person)).messages if one.from_bot]
    keyboard: dict[str, Any] = message.reply_markup or {}
    return [button["url"] for row in keyboard["inline_keyboard"] for button in row]

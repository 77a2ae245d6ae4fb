"""Taps that wait to be recorded share their room: those of one bot take none from another's."""

import asyncio
from typing import Any, cast

import pytest

from engine.chats import taps
from engine.chats.taps import Taps
from engine.core.delivery.tap import TappedDelivery
from engine.core.delivery.tracked_link import Reference, TrackedButton
from engine.core.errors import UnreachableError
from engine.runtime import metrics
from storage.postgres import clicks

BUTTON = TrackedButton("offer", "price", "", 0, 0, "https://shop.example")
SOON_S = 2.0


async def test_taps_of_one_bot_leave_room_for_those_of_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(taps, "ROOM", 10)
    monkeypatch.setattr(taps, "NOTE_S", 0)
    away = asyncio.Event()

    async def hang(*_: object) -> TappedDelivery | None:
        await away.wait()
        return None

    monkeypatch.setattr(clicks, "find", hang)
    monkeypatch.setattr(taps, "bot_now_ms", hang)
    waiting = Taps(cast("Any", None), cast("Any", None), cast("Any", None), lambda _: True)
    lost = metrics.lost_taps._value.get()
    for bot_id, chats in ((1, 50), (2, 1), (3, 1)):
        for chat in range(chats):
            await waiting.note(Reference(bot_id, chat, 1, 1, 0, 0), BUTTON)
    kept = [reference.bot_id for reference in waiting._noting]
    assert (kept.count(1), kept.count(2), kept.count(3)) == (5, 1, 1)
    assert metrics.lost_taps._value.get() == lost + 45
    assert capsys.readouterr().out == "", "a flood is counted, not written line by line"
    waiting.end()
    assert "Taps not recorded: the receiver ends" in capsys.readouterr().out
    await asyncio.gather(*waiting._noting.values(), return_exceptions=True)


async def test_a_tap_is_recorded_soon_after_the_servers_are_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever that is within a minute: from then on, reminders are sent again."""
    rests = list[float]()

    async def away(*_: object) -> None:
        raise UnreachableError("it is away")

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(clicks, "find", away)
    monkeypatch.setattr(asyncio, "sleep", rest)
    waiting = Taps(cast("Any", None), cast("Any", None), cast("Any", None), lambda _: True)
    await waiting.note(Reference(1, 1, 1, 1, 0, 0), BUTTON)
    assert max(rests) <= SOON_S
    assert sum(rests) >= 60

"""What the page tells of the engine: blocks by their first words, and that admins get nothing."""

import msgspec
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import EngineView
from engine.core.delivery.chat_status import Against, BlockPlace, Delivery, Episode, Phase, Standing, StepOutline
from engine.core.delivery.gate import Reason
from tests.browser.devtools import DevTools
from tests.browser.visitor import Visitor

NOW_MS = 1_700_000_000_000
WORDS = {"s3/b4": "Oi, <b>{nome}</b>! Ainda dá tempo", "s3/b5": "Última chance"}
SENT = Delivery("s3", "b4", "sent", None, NOW_MS, NOW_MS, 1, crossed=False, campaign_version=1)
SILENCE = Episode(NOW_MS - 60_000, 1, NOW_MS - 60_000, None, None, None, (SENT,))
STANDING = Standing(
    NOW_MS,
    7,
    "shop_bot",
    5_000_000_001,
    Phase.STEP_SCHEDULED,
    NOW_MS - 60_000,
    NOW_MS + 60_000,
    BlockPlace("s3", "b5"),
    None,
    (),
    "active",
    "live",
    1,
    600_000,
    "America/Sao_Paulo",
    emergency_stop=False,
    watermark_ms=NOW_MS,
    episodes=(SILENCE,),
    sequence=(
        StepOutline("s3", "2h", active=True, blocks=("b4", "b5"), due_ms=None),
        StepOutline("s4", "2h", active=True, blocks=("b6",), due_ms=None),
    ),
    words=WORDS,
)
CANCELLED = msgspec.structs.replace(SILENCE, ended_ms=NOW_MS, reason="cancelled", deliveries=())


class Told:
    """An observer that tells what a test gives it."""

    def __init__(self, standing: Standing) -> None:
        self._view = EngineView("connected", msgspec.to_builtins(standing))

    async def look(self, _bot_id: int, _chat_id: int) -> EngineView:
        return self._view

    async def close(self) -> None:
        pass


async def pane(devtools: DevTools, visitor: Visitor, standing: Standing, *expected: str) -> str:
    """Look at a chat of which the engine tells this; give the words of the pane."""
    async with Sandbox(bots=1, observer=Told(standing)) as sandbox, SandboxClient(sandbox.control_url) as client:
        (person,) = await client.add_people(1)
        await client.start("shop_bot", person.id)
        async with devtools.tab() as tab:
            other = Visitor(tab, sandbox.control_url, visitor.pictures)
            await other.looks("light")
            await other.plays(person.id)
            for words in expected:
                await other.sees(words, "#knowledge")
            await other.keeps(f"engine-pane-{standing.phase}-{len(standing.against)}")
            shown: str = await tab.evaluate("document.querySelector('#knowledge').innerText")
            return shown


async def test_a_block_is_called_by_its_first_words(devtools: DevTools, visitor: Visitor) -> None:
    shown = await pane(devtools, visitor, STANDING, *WORDS.values())
    assert "s3 / b4" not in shown
    assert "s4 / b6" in shown, "a block without words is called by its place"


@pytest.mark.parametrize(
    "change",
    [
        {"against": (Against(Reason.CANCELLED),), "episodes": ()},
        {"episodes": (CANCELLED,), "phase": Phase.NOTHING_ARMED, "next": None, "next_due_ms": None},
    ],
    ids=["an admin", "an owner whose silence was ended"],
)
async def test_an_admin_is_told_that_admins_get_nothing(
    devtools: DevTools, visitor: Visitor, change: dict[str, object]
) -> None:
    standing = msgspec.structs.replace(STANDING, **change)
    shown = await pane(devtools, visitor, standing, "You are an admin of this bot", "Admins get nothing")
    assert "cancelled" not in shown
    assert "begins" not in shown

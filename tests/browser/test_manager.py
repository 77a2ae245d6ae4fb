"""Every screen of the manager as an admin sees it on a phone, in both languages: `docs/manager.md` shows the pictures.

`./dev pictures` takes them, once for each release; in between they may be older than the screens.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from bot.framework.i18n import Translator
from bot.screens import SCREENS
from engine.administration import campaigns
from engine.core.campaign.frequency_caps import SUITABLE
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Media, StartButton, StopButton, Text, UrlButton
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from tests.browser.devtools import DevTools
from tests.browser.visitor import Visitor
from tests.flows.office import LEAST_MS, Office, open_office
from tests.media import files

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs" / "manager.md"
WIDTH, HEIGHT = 390, 860
PEOPLE: Final = range(1, 13)

HOME: Final = ("🏠",)
SHOP: Final = (*HOME, "@shop_bot")
CAMPAIGN: Final = (*SHOP, "🔁 Recovery")
STEP: Final = (*CAMPAIGN, "📋 Steps", "● 1")
BLOCK: Final = (*STEP, "1 💬")
WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "home": HOME,
    "emergency_stop": (*HOME, "⛔ Stop everything"),
    "bot": SHOP,
    "remove_bot": (*SHOP, "🗑 Remove the bot"),
    "team": (*SHOP, "👥 Team"),
    "member": (*SHOP, "👥 Team", "Paula"),
    "remove_member": (*SHOP, "👥 Team", "Paula", "✖ Remove access"),
    "campaign": CAMPAIGN,
    "settings": (*CAMPAIGN, "⚙ Settings"),
    "limits": (*CAMPAIGN, "⚙ Settings", "✋ Limits"),
    "include_silent": (*CAMPAIGN, "➕ Include people already quiet"),
    "steps": (*CAMPAIGN, "📋 Steps"),
    "step": STEP,
    "delete_step": (*STEP, "🗑"),
    "block": BLOCK,
    "effects": (*BLOCK, "✨ Effects"),
    "keyboard": (*BLOCK, "🔘 Buttons"),
    "remove_buttons": (*BLOCK, "🔘 Buttons", "🗑 Remove buttons"),
    "delete_block": (*BLOCK, "🗑"),
    "trial": (*CAMPAIGN, "🧪 Test"),
    "versions": (*CAMPAIGN, "🕘 Versions"),
    "version": (*CAMPAIGN, "🕘 Versions", "● v1"),
    "publish": (*CAMPAIGN, "🚀 Publish"),
    "stop": (*CAMPAIGN, "⏹ Stop"),
    "resume": (*CAMPAIGN, "⏸ Pause", "▶ Resume"),
}
"""For each screen, the buttons that lead there from any other; `@` and `●` begin labels that hold a name or number."""


def offer(photo: str) -> Snapshot:
    hello = Text(
        "Oi, <b>{first_name|amigo}</b>! Vi que você parou por aqui. Ficou alguma dúvida?",
        buttons=((StartButton("Falar com a loja", "ajuda"),), (StopButton("🔕 Parar lembretes"),)),
    )
    banner = Media(
        "photo", photo, "A oferta termina <i>hoje</i>.", buttons=((UrlButton("Comprar", "https://example.com"),),)
    )
    steps = (
        Step("hello", After(0), (Block("hello", hello), Block("banner", banner, delay_ms=5_000))),
        Step("tomorrow", OnDay(1, 9, 30), (Block("again", Text("Ainda dá tempo de aproveitar.")),)),
        Step("last", OnDay(3, 18, 0), (Block("last", Text("Última chance!")),)),
    )
    return Snapshot("America/Sao_Paulo", steps, window=Window(9 * 60, 21 * 60), limits=SUITABLE)


async def furnish(office: Office) -> None:
    """A live campaign with people in it, unpublished changes, and a team."""
    pool, now_ms = office.desk.pool, await office.desk.now_ms()
    change = Change(f"admin:{office.owner.id}", now_ms - 3_600_000)
    stored = await office.desk.library.add(_chunks(files.PNG), "photo", "oferta.png", now_ms)
    draft = offer(stored.asset.sha256)
    await campaigns.import_draft(pool, "shop_bot", draft, LEAST_MS, change)
    await campaigns.publish(pool, "shop_bot", LEAST_MS, change)
    await campaigns.activate(pool, "shop_bot", change)
    bot_id, due_ms = await office.bot_id(), now_ms + 9 * 3_600_000
    silences = [now_ms - 60_000 * person for person in PEOPLE]
    waiting = [
        Beginning(bot_id, person, silence, 5, 1, "tomorrow", "again", due_ms, anchor_ms=now_ms)
        for person, silence in zip(PEOPLE, silences, strict=True)
    ]
    await begin_episodes(pool, waiting, now_ms)
    changed = replace(draft, steps=(draft.steps[0], replace(draft.steps[1], schedule=OnDay(1, 10, 0)), draft.steps[2]))
    await campaigns.import_draft(pool, "shop_bot", changed, LEAST_MS, replace(change, at=now_ms))
    early = [Life(bot_id, 1_000 + hours, now_ms - hours * 3_600_000) for hours in range(2, 60)]
    async with pool.acquire() as connection:
        await chats.flush(connection, early, now_ms)
    await pool.execute("INSERT INTO admins VALUES (1, 'Paula', 'pt', 1)")
    await pool.execute("INSERT INTO bot_admins VALUES ($1, 1, 'editor')", bot_id)


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture(params=["pt", "en"])
async def portraits(
    request: pytest.FixtureRequest,
    redis_url: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    devtools: DevTools,
    pictures: Path,
) -> AsyncIterator["Portraits"]:
    say = Translator("pt" if request.param == "pt" else "en")
    language = "pt-br" if request.param == "pt" else "en"
    async with (
        open_office(redis_url, database_url, monkeypatch, language, MEDIA_DIR=str(tmp_path)) as office,
        devtools.tab() as tab,
    ):
        await furnish(office)
        await tab.looks(WIDTH, HEIGHT, "light", phone=True, scale=1)
        yield Portraits(office, Visitor(tab, office.page, pictures), say)


class Portraits:
    def __init__(self, office: Office, visitor: Visitor, say: Translator) -> None:
        self.office = office
        self.visitor = visitor
        self.say = say

    async def take(self, screen: str) -> None:
        await self._go_home()
        for label in WAYS[screen][1:]:
            await self.office.owner.press(self._in_language(label))
        await self.visitor.sees((await self.office.owner.text()).splitlines()[0])
        await self.visitor.keeps(f"{self.say.language}-{screen}", "webp")

    async def _go_home(self) -> None:
        """The home screen has no way home; its children only have a way back."""
        labels = await self.office.owner.buttons()
        for way in ("🏠", self.say.label("◀ Back")):
            if way in labels:
                await self.office.owner.press(way)
                return

    def _in_language(self, label: str) -> str:
        """Some labels begin the same in every language: with a sign, a number or a name."""
        if label.startswith("@"):
            return f"● {label}"
        if label == "● 1":
            return self.say.label("{sign} Step {number}", sign="●", number=1)
        return label if label == "● v1" else self.say.label(label)


async def test_every_screen_has_its_portrait(portraits: Portraits) -> None:
    owner = portraits.office.owner
    await owner.start()
    await portraits.visitor.plays(owner.id, portraits.office.me.username)
    for screen in WAYS:
        await portraits.take(screen)
    assert portraits.visitor.tab.faults == []


def test_the_guide_shows_every_screen_in_both_languages() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert set(WAYS) == set(SCREENS)
    for name in SCREENS:
        for language in ("pt", "en"):
            assert f"(manager/{language}-{name}.webp)" in text

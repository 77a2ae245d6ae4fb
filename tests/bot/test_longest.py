"""Every screen fits into one Telegram message, however long the names and however many of everything."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any, Final

import pytest

from bot.framework.callbacks import Holder, code_of_key
from bot.framework.i18n import Translator
from bot.framework.render import RenderedScreen, Renderer
from bot.framework.screen import Place, Scope, Visit
from bot.screens import SCREENS
from engine.administration import campaign_views, campaigns
from engine.administration.context import Desk, open_desk
from engine.administration.members import Admin, Language
from engine.core.campaign.editing import MOST_BLOCKS, MOST_STEPS
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Album, CopyButton, Item, Media, Text, UrlButton
from engine.core.content.text_checks import MAX_CAPTION, MAX_LABEL, MAX_TEXT
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import OnDay
from engine.settings import load_settings
from storage.postgres import incidents
from storage.postgres import pool as postgres_pool
from tests.flows.house import KEY

BOT: Final = 2**52 - 1
OWNER: Final = 2**52 - 2
NAME: Final = "W" * 32
PERSON: Final = "Ω" * 64
HASH: Final = "0" * 64
ADDRESS: Final = "https://example.com/" + "a" * 2_000
MOST_TEXT, MOST_BUTTONS, MOST_DATA = 4096, 100, 64
STEP: Final = "s" * 32


def step(number: int) -> Step:
    content = (
        Text(f"<b>{'x' * (MAX_TEXT - 100)}</b>", buttons=((UrlButton("y" * MAX_LABEL, ADDRESS),),) * 3),
        Media("photo", HASH, "z" * MAX_CAPTION, buttons=((CopyButton("y" * MAX_LABEL, "c" * 200),),) * 25),
        Album((Item("photo", HASH, "z" * MAX_CAPTION),) * 10),
    )
    made = [Block(f"b{number}-{place}", content[place % 3], delay_ms=3_599_999) for place in range(MOST_BLOCKS)]
    return Step(STEP if number == 1 else f"s{number}", OnDay(365, 23, 59), tuple(made), active=number % 2 == 1)


DRAFT: Final = Snapshot(
    "America/Argentina/ComodRivadavia",
    tuple(step(number) for number in range(1, MOST_STEPS + 1)),
    threshold_ms=2_591_999_999,
    window=Window(1, 1439, (1, 3, 5, 7), "drop"),
)
PLACES: Final = {
    Scope.HOME: Place(),
    Scope.BOT: Place(BOT),
    Scope.STEP: Place(BOT, code_of_key(STEP)),
    Scope.BLOCK: Place(BOT, code_of_key(STEP), code_of_key("b1-4")),
}


@pytest.fixture
async def desk(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Publishing the longest campaign takes seconds of processor time, on a busy machine more than a pool allows."""
    monkeypatch.setitem(postgres_pool._SESSION, "idle_in_transaction_session_timeout", "60000")
    environ = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    async with open_desk(load_settings({**environ, "ADMIN_IDS": str(OWNER)})) as desk:
        await fill(desk)
        yield desk


async def fill(desk: Desk) -> None:
    pool, change = desk.pool, Change("ana", 1_795_000_000_000)
    await pool.execute(
        "INSERT INTO bots (id, username, token, created_at) SELECT $1::bigint - n, left($2, 30) || n, ''::bytea, 0"
        " FROM generate_series(10, 99) n UNION ALL SELECT $1::bigint, $2, ''::bytea, 0",
        *(BOT, NAME),
    )
    await pool.execute("INSERT INTO media VALUES ($1, 'photo', 1, 'image/png', 'n', 0)", bytes(32))
    await pool.execute("INSERT INTO admins SELECT n, $1, 'pt', 0 FROM generate_series(1, 100) n", PERSON)
    await pool.execute("INSERT INTO bot_admins SELECT $1::bigint, n, 'analyst' FROM generate_series(1, 100) n", BOT)
    async with pool.acquire() as connection:
        for number in range(9):
            await incidents.open_incident(connection, BOT, "block_refused", "d" * 2_000, 1, str(number))
    await campaigns.import_draft(pool, NAME, DRAFT, 60_000, change)
    for _ in range(2):
        await campaigns.publish(pool, NAME, 60_000, change)
        changed = await campaign_views.draft(pool, BOT)
        assert changed
        await campaigns.edit(pool, BOT, changed[0], _turned_round, change)
    await pool.execute(
        "INSERT INTO recovery_versions SELECT bot_id, n, layout, document, published_at"
        " FROM recovery_versions CROSS JOIN generate_series(3, 300) n WHERE version = 1"
    )
    await campaigns.activate(pool, NAME, change)


def _turned_round(draft: Snapshot) -> Snapshot:
    """Every step is changed in every way, and moved."""
    steps = [Step(one.key, OnDay(364, 0, 0), one.blocks[1:], not one.active) for one in draft.steps]
    return Snapshot(draft.zone, tuple(reversed(steps)), draft.threshold_ms - 1, skip_paid=not draft.skip_paid)


async def draw(desk: Desk, name: str, language: Language, block: str) -> RenderedScreen:
    screen = SCREENS[name]
    place = PLACES[screen.scope]
    place = place._replace(block=code_of_key(block)) if screen.scope is Scope.BLOCK else place
    place = place._replace(
        choice={"member": code_of_key("7"), "remove_member": code_of_key("7"), "version": 2}.get(name, 0)
    )
    admin = Admin(OWNER, PERSON, language, owns_all=True, roles={})
    visit = Visit(desk, admin, place, Translator(language), 1_795_000_000_000, NAME, NAME)
    view = screen.view(visit, await screen.load(visit))
    return Renderer(SCREENS, desk.vault.button_keys[0]).screen(screen, visit, view, Holder(BOT, OWNER, OWNER))


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_every_screen_fits(desk: Desk, language: Any) -> None:
    for name, block in [*((name, "b1-4") for name in SCREENS), ("block", "b1-3"), ("block", "b1-5")]:
        drawn = await draw(desk, name, language, block)
        text = unescape(re.sub(r"<[^>]+>", "", drawn.text))
        assert len(text) <= MOST_TEXT, name
        buttons = [button for row in drawn.markup.inline_keyboard for button in row]
        assert len(buttons) <= MOST_BUTTONS, name
        assert all(button.text.strip() and len(button.text) <= MAX_LABEL for button in buttons), name
        assert all(len((button.callback_data or "").encode()) <= MOST_DATA for button in buttons), name
        assert all(len(row) <= 8 for row in drawn.markup.inline_keyboard), name

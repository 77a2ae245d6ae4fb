"""Signed buttons: every row of the verdicts, every role on every screen, and tampered ones."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

import pytest

from bot.framework import strangers
from bot.framework.callbacks import LIFETIME_S, PREFIX, Holder, Press, code, mint
from bot.framework.routes import routes
from bot.framework.screen import Action, Scope
from bot.screens import SCREENS
from engine.administration import campaigns, invitations
from engine.administration.context import Desk
from engine.core.campaign.lifecycle import State
from engine.core.change import Change
from engine.core.errors import BotError, RecoveryError, UnreachableError
from engine.core.roles import Role, suffices
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from tests.flows.office import DRAFT, LEAST_MS, Admin, Office, open_office

Verb: TypeAlias = Callable[[Pool, str, Change], Awaitable[State]]
ROUTES: Final = routes(SCREENS)
NO_SUCH_REVISION: Final = 2**32 - 1
NOT_AVAILABLE: Final = "Not available"
_STATE: Final = (
    "SELECT (SELECT count(*) FROM audit_log), (SELECT array_agg(status ORDER BY id) FROM bots),"
    " (SELECT array_agg((state, draft_revision, published_version) ORDER BY bot_id)::text FROM recovery_campaigns),"
    " (SELECT count(*) FROM bot_admins)"
)


@pytest.fixture
async def office(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch, language="en") as opened:
        await campaigns.import_draft(opened.desk.pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
        yield opened


async def minted(office: Office, admin: Admin, route: str, revision: int = NO_SUCH_REVISION, ago_s: int = 0) -> str:
    """A button for this admin, drawn `ago_s` seconds ago."""
    holder = Holder(office.me.id, admin.id, admin.id)
    press = Press(code(route), await office.bot_id(), revision=revision)
    return mint(office.desk.vault.button_keys[0], press, holder, await office.desk.now_ms() - 1000 * ago_s)


async def state(office: Office) -> Any:
    return await office.desk.pool.fetchrow(_STATE)


def test_no_two_names_share_a_code() -> None:
    names = [route.name for route in ROUTES.values()]
    expected = sum(1 + len(screen.actions) + len(screen.questions) for screen in SCREENS.values())
    assert len(names) == len(set(names)) == expected


# --- the table


async def test_a_fresh_button_acts_and_every_button_is_signed_again(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot")
    before = await owner.buttons()
    await owner.press("⏸ Pause")
    assert await owner.toast() == "Paused"
    assert not set(before.values()) & set((await owner.buttons()).values())


async def test_old_navigation_draws_the_screen_again(office: Office) -> None:
    owner = office.owner
    await owner.start()
    assert await owner.tap(await minted(office, owner, "bot", ago_s=LIFETIME_S)) == "Menu refreshed"
    await owner.shows("● Active")


async def test_an_old_action_does_nothing_but_draw_the_screen_again(office: Office) -> None:
    owner = office.owner
    await owner.start()
    before = await state(office)
    toast = await owner.tap(await minted(office, owner, "bot.pause", 1, ago_s=LIFETIME_S))
    assert toast == "That button was old. Check and tap again"
    await owner.shows("● Active")
    assert await state(office) == before


async def test_a_press_without_a_right_is_not_told_why(office: Office) -> None:
    guest = await office.someone()
    await office.appoint(guest, "analyst")
    await office.owner.start()
    await guest.start()
    before = await state(office)
    ours = await minted(office, office.owner, "bot.pause", 1)
    for data in (ours, await minted(office, guest, "bot.pause", 1), PREFIX + "A" * 55, "nonsense"):
        assert await guest.tap(data) == NOT_AVAILABLE
    assert await state(office) == before


async def test_a_signed_button_of_a_screen_that_is_gone_leads_home(office: Office) -> None:
    owner, gone = office.owner, "a screen of an older release"
    home = await owner.start()
    await owner.press("○ @shop_bot")
    assert await owner.again(await minted(office, owner, gone)) == "Menu refreshed"
    assert await owner.text() == home


async def test_an_older_button_does_not_change_what_has_changed_since(office: Office) -> None:
    owner = office.owner
    await owner.start()
    before = await state(office)
    assert "changed" in await owner.tap(await minted(office, owner, "bot.pause"))
    await owner.shows("● Active")
    assert await state(office) == before


LIVE = ("● @shop_bot", "🔁 Recovery")
HELD = ("⏸ @shop_bot", "🔁 Recovery")


@pytest.mark.parametrize(
    ("before", "way", "label", "meanwhile"),
    [
        ((), (*LIVE, "⏹ Stop"), "⏹ Stop for everyone now", (campaigns.stop, campaigns.activate)),
        ((campaigns.pause,), (*HELD, "▶ Resume"), "▶ Resume", (campaigns.stop,)),
        ((campaigns.pause,), (*HELD, "▶ Resume"), "⏩ As if it was never paused", (campaigns.resume,)),
        (
            (),
            (*LIVE, "➕ Include people already quiet"),
            "Include 0 from the last hour",
            (campaigns.stop, campaigns.activate),
        ),
        ((), (LIVE[0], "🗑 Remove the bot"), "🗑 Remove now", (campaigns.pause,)),
    ],
    ids=["stop", "go on", "as if never paused", "include", "remove"],
)
async def test_a_confirmation_of_an_older_state_does_nothing(
    office: Office, before: Sequence[Verb], way: tuple[str, ...], label: str, meanwhile: Sequence[Verb]
) -> None:
    owner, pool = office.owner, office.desk.pool
    await campaigns.import_draft(pool, "shop_bot", DRAFT, LEAST_MS, Change("test", 1))
    await campaigns.publish(pool, "shop_bot", LEAST_MS, Change("test", 1))
    for verb in (campaigns.activate, *before):
        await verb(pool, "shop_bot", Change("test", 2))
    await owner.start()
    await owner.press(*way)
    button = await owner.data(label)
    for verb in meanwhile:
        await verb(pool, "shop_bot", Change("cli", await office.desk.now_ms()))
    stood = await state(office)
    toast = await owner.tap(button)
    assert "Changed by CLI" in (toast if toast != "One moment…" else await owner.shows("Changed by CLI"))
    assert await state(office) == stood


async def test_two_taps_at_once_count_as_one(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot")
    pause = await owner.data("⏸ Pause")
    await owner.twice(pause)
    assert await office.desk.pool.fetchval("SELECT count(*) FROM audit_log WHERE action = 'bot.pause'") == 1


async def test_an_action_that_changes_no_revision_works_once_per_drawn_button(
    office: Office, whole_redis: Redis
) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot", "👥 Team")
    invite = await owner.data("➕ Editor")
    await owner.tap(invite)
    assert await owner.tap(invite) == "That has already been done"
    assert len(await whole_redis.keys("rt:invitation:*")) == 1


@pytest.mark.parametrize("refusal", [UnreachableError("PostgreSQL does not answer."), BotError("It cannot be.")])
async def test_a_refused_action_may_be_tapped_again(
    office: Office, whole_redis: Redis, monkeypatch: pytest.MonkeyPatch, refusal: RecoveryError
) -> None:
    owner, invite = office.owner, invitations.invite
    refusals = [refusal]

    async def invite_later(redis: Redis, keys: Sequence[bytes], bot_id: int, role: Role, inviter: int) -> str:
        if refusals:
            raise refusals.pop()
        return await invite(redis, keys, bot_id, role, inviter)

    monkeypatch.setattr(invitations, "invite", invite_later)
    await owner.start()
    await owner.press("○ @shop_bot", "👥 Team")
    button = await owner.data("➕ Editor")
    assert await owner.tap(button) != "That has already been done"
    assert len(await whole_redis.keys("rt:invitation:*")) == 0
    assert await owner.tap(button) != "That has already been done"
    assert len(await whole_redis.keys("rt:invitation:*")) == 1
    assert await owner.tap(button) == "That has already been done"


async def test_a_message_that_is_gone_or_too_old_is_replaced(office: Office) -> None:
    owner = office.owner
    await owner.start()
    first = await owner.screen()
    await owner.loses_the_message()
    await owner.press("○ @shop_bot")
    assert (await owner.screen()).message_id > first.message_id
    transcript = await owner.people.transcript(owner.me.id, owner.id)
    assert [one.deleted for one in transcript.messages if one.message_id == first.message_id] == [True]


async def test_old_buttons_still_navigate_after_a_restart(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process keeps nothing of a screen, so a restart loses nothing: only time makes a button old."""
    owner = office.owner
    await owner.start()
    way = await owner.data("○ @shop_bot")
    now_ms = await office.desk.now_ms() + 7 * 86_400_000

    async def a_week_later(_: Desk) -> int:
        return now_ms

    monkeypatch.setattr(Desk, "now_ms", a_week_later)
    assert await owner.tap(way) == "Menu refreshed"
    await owner.shows("● Active")


# --- rights


@pytest.mark.parametrize("role", ["owner", "editor", "analyst", None])
async def test_every_route_is_open_to_the_right_roles(
    office: Office, role: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each screen, action and question, pressed by each role. Nothing is changed: no such revision exists.

    Somebody who is no admin any more gets as many answers as there are routes.
    """
    for bound in ("MOST_TRIES", "MOST_TRIES_A_MINUTE"):
        monkeypatch.setattr(strangers, bound, len(ROUTES))
    person = await office.someone()
    await office.appoint(person, role or "analyst")
    await person.start()
    if role is None:
        await office.desk.pool.execute("DELETE FROM bot_admins")
    before = await state(office)
    for route in ROUTES.values():
        toast = await person.tap(await minted(office, person, route.name))
        for_all = route.screen.scope is Scope.HOME and route.needs is not None
        allowed = role is not None and not for_all and (route.needs is None or suffices(role, route.needs))
        assert (toast != NOT_AVAILABLE) is allowed, route.name
    assert await state(office) == before


async def test_an_owner_of_all_bots_may_do_everything(office: Office) -> None:
    await office.owner.start()
    for route in ROUTES.values():
        assert await office.owner.tap(await minted(office, office.owner, route.name)) != NOT_AVAILABLE, route.name


async def test_an_admin_sees_nothing_of_other_bots(office: Office) -> None:
    guest = await office.someone()
    await office.appoint(guest, "owner", "course_bot")
    await guest.start()
    for route in ROUTES.values():
        if route.needs is not None:
            assert await guest.tap(await minted(office, guest, route.name)) == NOT_AVAILABLE, route.name


async def test_every_button_of_a_bot_that_is_removed_leads_home(office: Office) -> None:
    """An owner of all bots still has a right on it."""
    owner = office.owner
    await owner.start()
    asked = await minted(office, owner, "bot.token")
    of_the_bot = [
        (route.name, await minted(office, owner, route.name, revision))
        for route in ROUTES.values()
        if route.screen.scope is not Scope.HOME
        for revision in (0, 1)
    ]
    await office.desk.pool.execute("UPDATE bots SET status = 'removed' WHERE username = 'shop_bot'")
    before = await state(office)
    for name, data in of_the_bot:
        await owner.tap(await minted(office, owner, "emergency_stop"))
        await owner.shows("Emergency stop")
        await owner.tap(data)
        assert "1 bot" in await owner.shows("That is no longer there."), name
    assert await state(office) == before
    await owner.again(asked)
    assert "1 bot" in await owner.says("7123456789:" + "A" * 35)


async def test_a_question_ends_with_its_bot(office: Office) -> None:
    owner = office.owner
    await owner.start()
    await owner.press("○ @shop_bot", "🔁 Recovery", "⚙ Settings", "⏱ Silence")
    await office.desk.pool.execute("UPDATE bots SET status = 'removed' WHERE username = 'shop_bot'")
    assert "1 bot" in await owner.says("10m")
    assert "⚠" not in (await owner.text()).splitlines()[0]


async def test_a_tampered_button_does_nothing(office: Office) -> None:
    """Valid ones with a character changed, cut short, made longer, or made from two."""
    owner = office.owner
    await owner.start()
    before = await state(office)
    valid = [
        await minted(office, owner, route.name, 1) for route in ROUTES.values() if isinstance(route.handler, Action)
    ]
    chance = random.Random(7)
    for data in valid:
        place = chance.randrange(len(PREFIX), len(data))
        other = chance.choice([one for one in "abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_" if one != data[place]])
        bent = data[:place] + other + data[place + 1 :]
        spliced = data[:place] + chance.choice(valid)[place:]
        for wrong in (bent, data[:-1], spliced if spliced not in valid else data[:-2]):
            assert await owner.tap(wrong) == NOT_AVAILABLE
    assert await state(office) == before

"""A tapped link leads on even if other things fail; the first tap of a delivery is a sign of life, within its time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from engine.chats import taps
from engine.core.campaign import document
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text, UrlButton
from engine.core.delivery.tap import COUNTS_AFTER_END_MS, TappedDelivery
from engine.core.delivery.tracked_link import Reference, TrackedButton
from engine.core.errors import UnreachableError
from engine.core.schedule.step_schedule import After
from engine.receiver.http import link_redirect
from engine.receiver.receiver import Receiver
from engine.receiver.reply_texts import NO_LINK, NOT_NOW
from engine.security.signed_links import LENGTH, SignedLinks
from engine.security.vault import Vault
from engine.settings import Settings, load_settings
from storage.postgres import clicks, poller_bots
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis
from storage.redis.timers import Timers
from tests.missing_table import missing_table
from tests.receiver.http.test_link_visitors import PEOPLE, PROGRAMS

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "User-Agent": PEOPLE[0]}
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
HOUR_MS = 3_600_000
SILENT_MS = int(time.time() * 1000) - HOUR_MS
TARGET = "https://shop.example/café?x=1%2F2&y=a"
ARRIVES = "https://shop.example/caf%C3%A9?x=1%2F2&y=a"
BUTTONS = ((UrlButton("Buy", TARGET), UrlButton("Terms", "https://shop.example/terms")),)
SNAPSHOT = Snapshot(zone="UTC", steps=(Step("offer", After(0), (Block("price", Text("hi", buttons=BUTTONS)),)),))
REFERENCE = Reference(7, 41, SILENT_MS, 1, 0, 0)
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class Desk:
    def __init__(self, settings: Settings, pool: Pool, client: Redis) -> None:
        self.settings, self.pool, self.client = settings, pool, client
        self.session = aiohttp.ClientSession()
        self.receiver = Receiver(settings, self.session, pool, client)
        self.links = SignedLinks(Vault(settings.encryption_keys).link_keys, settings.public_url)

    async def open(self, address: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
        """The status, the target, and the text for a browser."""
        headers = {**BROWSER, **headers}
        async with self.session.request(method, address, headers=headers, allow_redirects=False) as response:
            assert {name: response.headers[name] for name in PRIVATE} == PRIVATE
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none';")
            return response.status, response.headers.get("Location", ""), await response.text()

    def link(self, reference: Reference = REFERENCE) -> str:
        return self.links.mint(reference, TARGET)

    async def clicks(self) -> list[tuple[int, str]]:
        rows = await self.pool.fetch("SELECT chat_id, button FROM recovery_clicks ORDER BY button")
        return [tuple(row) for row in rows]

    async def version(self, chat_id: int = 41) -> int | None:
        """Raised by every touch."""
        return (await Timers(self.client).versions(7, [chat_id]))[0]

    async def end_episode(self, ago_ms: int) -> None:
        ended_ms = int(time.time() * 1000) - ago_ms
        await self.pool.execute("UPDATE recovery_episodes SET ended_at = $1, reason = 'completed'", ended_ms)


@pytest.fixture
async def desk(redis_url: str, database_url: str) -> AsyncIterator[Desk]:
    with port_of(0) as free:
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        environ = {
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": "http://127.0.0.1:1",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        settings = load_settings(environ, Path("no.env"))
        client, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        await fill(pool, Vault(settings.encryption_keys).encrypt("7:token"))
        desk = Desk(settings, pool, client)
        stack.push_async_callback(desk.session.close)
        stack.push_async_callback(desk.receiver._close, [])
        await stack.enter_async_context(desk.receiver.http.listening())
        await desk.receiver.run_once()
        yield desk


async def fill(pool: Pool, token: bytes) -> None:
    """A bot with a live campaign, and one delivery that was sent in an episode that is open."""
    await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', $1, 0)", token)
    await pool.execute(
        "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, published_version)"
        " VALUES (7, 'live', 60000, 'UTC', 60000, 1)"
    )
    await pool.execute(
        "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
        " VALUES (7, 1, $1, $2::text::jsonb, 0)",
        *(SNAPSHOT.layout, document.encode(SNAPSHOT)),
    )
    await fill_delivery(pool, "sent")
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
        " VALUES (7, 41, $1, 1, $1)",
        SILENT_MS,
    )
    await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active) VALUES (7, 41, $1)", SILENT_MS)


async def fill_delivery(pool: Pool, status: str) -> None:
    await pool.execute(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, sent_at) VALUES (7, 41, $1, 'offer', 'price', 0, $2, 1, 1, $1, $1)",
        *(SILENT_MS, status),
    )


async def test_a_tap_leads_on_counts_once_and_is_a_sign_of_life_once(desk: Desk) -> None:
    touched = set()
    for _ in range(3):
        status, target, _ = await desk.open(desk.link())
        assert (status, target) == (302, ARRIVES)
        touched.add(await desk.version())
    assert await desk.clicks() == [(41, "0.0")]
    assert len(touched - {None}) == 1


async def test_another_button_of_the_delivery_counts_but_wakes_nobody_again(desk: Desk) -> None:
    await desk.open(desk.link())
    touched = await desk.version()
    assert (await desk.open(desk.link(REFERENCE._replace(button=1))))[1] == "https://shop.example/terms"
    assert await desk.clicks() == [(41, "0.0"), (41, "0.1")]
    assert await desk.version() == touched


async def test_a_receiver_that_has_just_started_knows_of_earlier_taps(desk: Desk) -> None:
    await desk.open(desk.link())
    touched = await desk.version()
    desk.receiver._taps._noted.clear()
    await desk.open(desk.link())
    assert await desk.version() == touched
    assert await desk.clicks() == [(41, "0.0")]


async def test_a_tap_shortly_after_the_episodes_end_counts(desk: Desk) -> None:
    await desk.end_episode(COUNTS_AFTER_END_MS - HOUR_MS)
    await desk.open(desk.link())
    assert await desk.clicks() == [(41, "0.0")]
    assert await desk.version()


async def test_a_tap_long_after_the_episodes_end_only_leads_on(desk: Desk) -> None:
    for days in (0, 30, 400):
        await desk.end_episode(COUNTS_AFTER_END_MS + HOUR_MS + days * 24 * HOUR_MS)
        assert (await desk.open(desk.link()))[0] == 302
        desk.receiver._taps._noted.clear()
    assert (await desk.clicks(), await desk.version()) == ([], None)


async def test_without_its_delivery_a_tap_only_leads_on(desk: Desk) -> None:
    for other in (REFERENCE._replace(chat_id=42), REFERENCE._replace(episode_id=SILENT_MS - 1)):
        assert (await desk.open(desk.link(other)))[0] == 302
    assert await desk.clicks() == []
    assert [await desk.version(chat) for chat in (41, 42)] == [None, None]


async def test_a_tap_on_what_nobody_received_only_leads_on(desk: Desk) -> None:
    for status in ("scheduled", "skipped", "failed", "cancelled", "would_send"):
        await desk.pool.execute("DELETE FROM recovery_deliveries")
        await fill_delivery(desk.pool, status)
        assert (await desk.open(desk.link()))[0] == 302
        desk.receiver._taps._noted.clear()
        assert (await desk.clicks(), await desk.version()) == ([], None)


@pytest.mark.parametrize("change", ["unreachable_since = 1", "last_active = 0"])
async def test_a_tap_of_somebody_who_cannot_be_written_to_counts_and_wakes_nobody(desk: Desk, change: str) -> None:
    await desk.pool.execute(f"UPDATE chats SET {change}")
    await desk.open(desk.link())
    assert (await desk.clicks(), await desk.version()) == ([(41, "0.0")], None)


async def test_a_request_that_only_looks_ahead_leaves_the_tap_to_the_person(desk: Desk) -> None:
    """A messenger fetches a link several times, and shows the page that it leads to."""
    headers = [{"Sec-Purpose": "prefetch;prerender"}, {"X-Purpose": "preview"}, {"Sec-Fetch-Dest": "image"}]
    ahead = [("GET", named) for named in headers + [{"User-Agent": agent} for agent in PROGRAMS for _ in range(4)]]
    for method, named in [("HEAD", dict[str, str]()), *ahead]:
        assert (await desk.open(desk.link(), method, **named))[:2] == (302, ARRIVES)
    assert (await desk.clicks(), await desk.version()) == ([], None)
    await desk.open(desk.link())
    assert await desk.clicks() == [(41, "0.0")]
    assert await desk.version()


async def test_a_link_that_is_opened_over_and_over_costs_one_look(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, find = 0, clicks.find

    async def counted(pool: Pool, reference: Reference, button: TrackedButton) -> TappedDelivery | None:
        nonlocal looks
        looks += 1
        return await find(pool, reference, button)

    monkeypatch.setattr(clicks, "find", counted)
    for _ in range(4):
        await asyncio.gather(*(desk.open(desk.link()) for _ in range(50)))
    assert looks == 1


async def test_what_is_remembered_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taps, "REMEMBERED", 2)
    for chat in (50, 51, 52, 51, 53):
        await desk.open(desk.link(REFERENCE._replace(chat_id=chat)))
    assert [reference.chat_id for reference in desk.receiver._taps._noted] == [51, 53]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "A" * LENGTH,
        "https://evil.example",
        "..%2F..%2Fhealthz",
        "%00",
        "a" * 5_000,
        "é",
        "x/y?to=https://evil",
    ],
)
async def test_a_token_that_we_did_not_make_leads_nowhere(desk: Desk, token: str) -> None:
    assert await desk.open(f"{desk.settings.public_url}/r/{token}") == (404, "", NO_LINK.read_by(""))


async def test_a_token_that_we_did_not_make_costs_no_query(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller_bots, "load_snapshot", None)
    monkeypatch.setattr(clicks, "find", None)
    for place in range(0, LENGTH, 5):
        token = desk.link().rpartition("/")[2]
        forged = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert (await desk.open(f"{desk.settings.public_url}/r/{forged}"))[0] == 404


async def test_every_link_that_leads_nowhere_gets_the_same_page(desk: Desk) -> None:
    """Of a key that went, of a bot and a version that are unknown, of a button that is not there."""
    foreign = SignedLinks([b"x" * 32], desk.settings.public_url).mint(REFERENCE, TARGET)
    changes: list[dict[str, int]] = [{"bot_id": 8}, {"version": 0}, {"version": 9}, {"block": 1}, {"button": 3}]
    for address in (foreign, *(desk.link(REFERENCE._replace(**change)) for change in changes)):
        assert await desk.open(address) == (404, "", NO_LINK.read_by(""))
    assert await desk.version() is None


async def test_the_page_is_in_the_persons_language(desk: Desk) -> None:
    both = f"{NO_LINK.portuguese} / {NO_LINK.english}"
    pages = [
        ("pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", NO_LINK.portuguese),
        ("PT", NO_LINK.portuguese),
        ("en-GB,en;q=0.9,pt;q=0.8", NO_LINK.english),
        ("de-DE, en;q=0.5", NO_LINK.english),
        ("ptx, eng, de", both),
        ("*", both),
    ]
    for accepted, page in pages:
        assert await desk.open(f"{desk.settings.public_url}/r/x", **{"Accept-Language": accepted}) == (404, "", page)


async def test_links_into_a_version_that_is_gone_cost_one_query_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, most = 0, 0
    load = poller_bots.load_snapshot

    async def watched(pool: Pool, bot_id: int, version: int) -> Snapshot | None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        try:
            return await load(pool, bot_id, version)
        finally:
            together -= 1

    monkeypatch.setattr(poller_bots, "load_snapshot", watched)
    monkeypatch.setattr(link_redirect, "KNOW_S", 60.0)
    gone = [desk.link(REFERENCE._replace(version=9, chat_id=chat)) for chat in range(30)]
    assert {status for status, *_ in await asyncio.gather(*map(desk.open, gone))} == {404}
    assert most == 1


async def test_a_query_string_changes_nothing(desk: Desk) -> None:
    assert (await desk.open(f"{desk.link()}?to=https://evil.example"))[1].startswith("https://shop.example/")


async def test_no_database_keeps_a_person_from_a_known_target(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taps, "NOTE_S", 0.05)
    await desk.open(desk.link(), "HEAD")
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE recovery_deliveries")
        assert (await desk.open(desk.link()))[0] == 302
        assert desk.receiver._taps._noting, "it is noted behind their back"
    await _wait_for_click(desk)
    assert await desk.version()


async def test_a_version_that_is_known_waits_for_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.open(desk.link())
    monkeypatch.setattr(link_redirect, "KNOW_S", 60.0)
    asked, answers = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> None:
        asked.set()
        await answers.wait()

    monkeypatch.setattr(poller_bots, "load_snapshot", slow)
    unknown = asyncio.create_task(desk.open(desk.link(REFERENCE._replace(version=9))))
    await asked.wait()
    assert (await desk.open(desk.link()))[0] == 302
    assert not unknown.done()
    answers.set()
    assert (await unknown)[0] == 404


async def test_while_the_target_is_unknown_the_person_is_asked_to_try_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_redirect, "KNOW_S", 0.05)
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE recovery_versions")
        assert await desk.open(desk.link()) == (503, "", NOT_NOW.read_by(""))
    monkeypatch.undo()
    assert (await desk.open(desk.link()))[0] == 302


@pytest.mark.parametrize("server", ["redis", "postgresql"])
async def test_a_tap_waits_for_a_server_that_does_not_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """No sign of life is lost: what failed is done again from the beginning."""
    monkeypatch.setattr(taps, "AGAIN_S", 0.01)
    owner, name = {"redis": (desk.receiver.activity, "mark_user_activity"), "postgresql": (clicks, "count")}[server]
    does, failures = getattr(owner, name), [UnreachableError("it is away")] * 3

    async def fails_at_first(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        await does(*arguments)

    monkeypatch.setattr(owner, name, fails_at_first)
    assert (await desk.open(desk.link()))[0] == 302
    await _wait_for_click(desk)
    assert await desk.version()


async def test_a_failure_to_record_a_tap_is_only_logged(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taps, "AGAIN_S", 0.01)
    monkeypatch.setattr(taps, "TRIES", 2)
    async with missing_table(desk.pool, "recovery_clicks"):
        assert (await desk.open(desk.link()))[0] == 302
        assert capsys.readouterr().out.count("Tap not recorded") == 1
    await desk.open(desk.link())
    assert await desk.clicks() == [(41, "0.0")]


async def test_a_bot_that_is_not_watched_is_not_disarmed_by_a_tap(desk: Desk) -> None:
    await desk.open(desk.link())
    touched = await desk.version()
    await desk.pool.execute("DELETE FROM recovery_clicks")
    await desk.pool.execute("UPDATE bots SET status = 'suspended'")
    await desk.receiver.run_once()
    assert (await desk.open(desk.link(REFERENCE._replace(button=1))))[0] == 302
    assert await desk.clicks() == [(41, "0.1")]
    assert await desk.version() == touched


async def _wait_for_click(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while not await desk.clicks():  # noqa: ASYNC110 - the database is the signal
            await asyncio.sleep(0.01)

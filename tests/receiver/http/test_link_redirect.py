"""A tapped link leads on even if other things fail; it counts once, is a sign of life, and cannot be redirected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from engine.core.campaign import document
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text, UrlButton
from engine.core.delivery.tracked_link import Reference
from engine.core.schedule.step_schedule import After
from engine.receiver.http import link_redirect
from engine.receiver.receiver import Receiver
from engine.receiver.reply_texts import NO_LINK, NOT_NOW
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Settings, load_settings
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis
from storage.redis.timers import Timers

BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SILENT_MS = 1_700_000_000_000
TARGET = "https://shop.example/café?x=1%2F2&y=a"
BUTTONS = ((UrlButton("Buy", TARGET),),)
SNAPSHOT = Snapshot(zone="UTC", steps=(Step("offer", After(0), (Block("price", Text("hi", buttons=BUTTONS)),)),))
REFERENCE = Reference(7, 41, SILENT_MS, 1, 0, 0)


class Desk:
    def __init__(self, settings: Settings, pool: Pool, client: Redis) -> None:
        self.settings, self.pool, self.client = settings, pool, client
        self.session = aiohttp.ClientSession()
        self.receiver = Receiver(settings, self.session, pool, client)
        self.links = SignedLinks(Vault(settings.encryption_keys).link_keys, settings.public_url)

    async def open(self, address: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
        """The status, the target, and the text for a browser."""
        headers = {"Accept": BROWSER, **headers}
        async with self.session.request(method, address, headers=headers, allow_redirects=False) as response:
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            return response.status, response.headers.get("Location", ""), await response.text()

    def link(self, reference: Reference = REFERENCE) -> str:
        return self.links.mint(reference, TARGET)

    async def clicks(self) -> list[tuple[int, str]]:
        return [tuple(row) for row in await self.pool.fetch("SELECT chat_id, button FROM recovery_clicks")]

    async def armed(self) -> bool:
        return await Timers(self.client).versions(7, [41]) != [None]


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
    """A bot with a live campaign, and one delivery that was sent."""
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
    await pool.execute(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, sent_at) VALUES (7, 41, $1, 'offer', 'price', 0, 'sent', 1, 1, $1, $1)",
        SILENT_MS,
    )


async def test_a_tap_leads_on_counts_once_and_is_a_sign_of_life(desk: Desk) -> None:
    for _ in range(2):
        status, target, _ = await desk.open(desk.link())
        assert (status, target) == (302, "https://shop.example/caf%C3%A9?x=1%2F2&y=a")
    assert await desk.clicks() == [(41, "0.0")]
    assert await desk.armed()


async def test_without_its_delivery_nothing_is_counted(desk: Desk) -> None:
    assert (await desk.open(desk.link(REFERENCE._replace(chat_id=42))))[0] == 302
    assert await desk.clicks() == []


@pytest.mark.parametrize(
    "ahead", [("HEAD", {}), ("GET", {"Sec-Purpose": "prefetch;prerender"}), ("GET", {"Purpose": "prefetch"})]
)
async def test_a_request_that_only_looks_ahead_is_not_a_tap(desk: Desk, ahead: tuple[str, dict[str, str]]) -> None:
    method, headers = ahead
    assert (await desk.open(desk.link(), method, **headers))[0] == 302
    assert await desk.clicks() == []
    assert not await desk.armed()


@pytest.mark.parametrize(
    "token", ["", "x", "https://evil.example", "..%2F..%2Fhealthz", "%00", "a" * 5_000, "é", "x/y?to=https://evil"]
)
async def test_a_token_that_we_did_not_sign_leads_nowhere(desk: Desk, token: str) -> None:
    assert await desk.open(f"{desk.settings.public_url}/r/{token}") == (404, "", NO_LINK)


async def test_a_link_into_another_keys_or_campaigns_leads_nowhere(desk: Desk) -> None:
    foreign = SignedLinks([b"x" * 32], desk.settings.public_url).mint(REFERENCE, TARGET)
    for address in (foreign, desk.link(REFERENCE._replace(version=9)), desk.link(REFERENCE._replace(button=3))):
        assert await desk.open(address) == (404, "", NO_LINK)
    assert not await desk.armed()


async def test_a_query_string_changes_nothing(desk: Desk) -> None:
    assert (await desk.open(f"{desk.link()}?to=https://evil.example"))[1].startswith("https://shop.example/")


async def test_no_database_keeps_a_person_from_a_known_target(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_redirect, "NOTE_S", 0.05)
    await desk.open(desk.link(), "HEAD")
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE recovery_deliveries")
        assert (await desk.open(desk.link()))[0] == 302
        assert desk.receiver._redirect._noting, "it is noted behind their back"
    async with asyncio.timeout(20):
        while not await desk.clicks():  # noqa: ASYNC110 - the database is the signal
            await asyncio.sleep(0.01)
    monkeypatch.setattr(link_redirect, "MOST", 0)
    await desk.pool.execute("ALTER TABLE recovery_clicks RENAME TO elsewhere")
    assert (await desk.open(desk.link()))[0] == 302


async def test_while_the_target_is_unknown_the_person_is_asked_to_try_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_redirect, "KNOW_S", 0.05)
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE recovery_versions")
        assert await desk.open(desk.link()) == (503, "", NOT_NOW)
    monkeypatch.undo()
    assert (await desk.open(desk.link()))[0] == 302


async def test_a_failure_to_record_a_tap_is_only_logged(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await desk.pool.execute("ALTER TABLE recovery_clicks RENAME TO elsewhere")
    assert (await desk.open(desk.link()))[0] == 302
    assert "Tap not recorded" in capsys.readouterr().out
    assert await desk.armed()


async def test_a_bot_that_is_not_watched_is_not_disarmed_by_a_tap(desk: Desk) -> None:
    await desk.open(desk.link())
    await desk.pool.execute("UPDATE bots SET status = 'suspended'")
    await desk.receiver.run_once()
    assert (await desk.open(desk.link()))[0] == 302
    assert await desk.armed()

"""A tapped link leads on to its button's address. It is counted once per delivery, and is a sign of life.

The person comes first: once the campaign is known, nothing that fails or is slow here keeps them from their target. The
target is in the campaign, never in the address. A request that only looks ahead (HEAD, a browser's prefetch) is not a
tap.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from string import punctuation
from typing import Final
from urllib.parse import quote

from aiohttp import web

from engine.chats.activity import Activity
from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import Reference, TrackedButton
from engine.core.errors import RecoveryError
from engine.receiver.http.refusal import Refusal
from engine.receiver.reply_texts import NO_LINK, NOT_NOW
from engine.runtime.telemetry import logger
from engine.runtime.version_cache import VersionCache
from engine.security.signed_links import PATH, SignedLinks
from storage.postgres import clicks
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms

NOTE_S: Final = 0.5
"""How long a person waits for their tap to be recorded; then it is recorded in the background."""
KNOW_S: Final = 2.0
MOST: Final = 1_000
"""Taps that may wait to be recorded; beyond it they are not."""
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_AGAIN: Final = {"Retry-After": "2"}
_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class LinkRedirect:
    """`watched`: the engine waits for the bot's users, so a sign of life is more than a line in the database."""

    def __init__(
        self,
        links: SignedLinks,
        versions: VersionCache,
        pool: Pool,
        client: Redis,
        activity: Activity,
        watched: Callable[[int], bool],
    ) -> None:
        self._links = links
        self._versions = versions
        self._pool = pool
        self._client = client
        self._activity = activity
        self._watched = watched
        self._noting: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{PATH}/{{token:.*}}", self._follow)]

    def end(self) -> None:
        """Drop the taps that are not recorded yet."""
        for task in self._noting:
            task.cancel()

    async def _follow(self, request: web.Request) -> web.Response:
        reference = self._links.read(request.match_info["token"])
        if reference is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_LINK, _PRIVATE)
        try:
            async with asyncio.timeout(KNOW_S):
                snapshot = await self._versions.version(reference.bot_id, reference.version)
        except (RecoveryError, TimeoutError) as error:
            logger().warning("Link not followed", bot=reference.bot_id, error=str(error) or "it took too long")
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, NOT_NOW, {**_PRIVATE, **_AGAIN}) from error
        button = tracked_link.find(snapshot, reference) if snapshot else None
        if button is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_LINK, _PRIVATE)
        if not _only_looks_ahead(request):
            await self._note(reference, button)
        headers = {"Location": quote(button.url, safe=punctuation), **_PRIVATE}
        return web.Response(status=HTTPStatus.FOUND, headers=headers)

    async def _note(self, reference: Reference, button: TrackedButton) -> None:
        if len(self._noting) >= MOST:
            logger().warning("Tap not recorded: too many wait", bot=reference.bot_id)
            return
        task = asyncio.create_task(self._take(reference, button))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)
        await asyncio.wait({task}, timeout=NOTE_S)

    async def _take(self, reference: Reference, button: TrackedButton) -> None:
        """The touch comes first: it holds back the next reminder."""
        try:
            if self._watched(reference.bot_id):
                await self._activity.mark_user_activity(reference.bot_id, reference.chat_id)
            await clicks.count(self._pool, reference, button, await server_now_ms(self._client))
        except RecoveryError as error:
            logger().warning("Tap not recorded", bot=reference.bot_id, error=str(error))
        except Exception:  # noqa: BLE001 - the person is on their way all the same
            logger().exception("Tap not recorded")


def _only_looks_ahead(request: web.Request) -> bool:
    purposes = " ".join(request.headers.get(name, "") for name in _AHEAD).lower()
    return request.method == "HEAD" or "prefetch" in purposes or "preview" in purposes

"""A tapped link: on to where its button leads, counted once for each delivery, and a sign of life.

The person is what matters: once the campaign is known, nothing that fails or is slow here keeps them from their target.
The target stands in the campaign, never in the address. What only looks ahead (HEAD, a browser's prefetch) is no tap.
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
from engine.core.delivery.tracked_link import Reference
from engine.core.errors import RecoveryError
from engine.receiver.reply_texts import NO_LINK, NOT_NOW
from engine.runtime.telemetry import logger
from engine.runtime.version_cache import Versions
from engine.security.signed_links import PATH, Links
from storage.postgres import clicks
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms

NOTE_S: Final = 0.5
"""So long a person waits for their tap to be noted; then it is noted behind their back."""
KNOW_S: Final = 2.0
MOST: Final = 1_000
"""Taps that may wait to be noted; beyond it they are not."""
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class Redirect:
    """`watched`: the bot is waited for, so that a sign of life is more than a line in the database."""

    def __init__(
        self,
        links: Links,
        versions: Versions,
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
        """What is not noted yet is left out."""
        for task in self._noting:
            task.cancel()

    async def _follow(self, request: web.Request) -> web.Response:
        reference = self._links.read(request.match_info["token"])
        if reference is None:
            return _said(HTTPStatus.NOT_FOUND, NO_LINK)
        try:
            async with asyncio.timeout(KNOW_S):
                snapshot = await self._versions.version(reference.bot_id, reference.version)
        except (RecoveryError, TimeoutError) as error:
            logger().warning("Link not followed", bot=reference.bot_id, error=str(error) or "it took too long")
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, NOT_NOW, {"Retry-After": "2"})
        address = tracked_link.target(snapshot, reference) if snapshot else None
        if address is None:
            return _said(HTTPStatus.NOT_FOUND, NO_LINK)
        if not _only_looks_ahead(request):
            await self._note(reference)
        headers = {"Location": quote(address, safe=punctuation), **_PRIVATE}
        return web.Response(status=HTTPStatus.FOUND, headers=headers)

    async def _note(self, reference: Reference) -> None:
        if len(self._noting) >= MOST:
            logger().warning("Tap not noted: too many wait", bot=reference.bot_id)
            return
        task = asyncio.create_task(self._take(reference))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)
        await asyncio.wait({task}, timeout=NOTE_S)

    async def _take(self, reference: Reference) -> None:
        """The touch first: it is what holds back the next reminder."""
        try:
            if self._watched(reference.bot_id):
                await self._activity.mark_user_activity(reference.bot_id, reference.chat_id)
            await clicks.count(self._pool, reference, await server_now_ms(self._client))
        except RecoveryError as error:
            logger().warning("Tap not noted", bot=reference.bot_id, error=str(error))
        except Exception:  # noqa: BLE001 - the person is on their way all the same
            logger().exception("Tap not noted")


def _only_looks_ahead(request: web.Request) -> bool:
    told = " ".join(request.headers.get(name, "") for name in _AHEAD).lower()
    return request.method == "HEAD" or "prefetch" in told or "preview" in told


def _said(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=sentence, status=status, headers={**_PRIVATE, **(headers or {})})

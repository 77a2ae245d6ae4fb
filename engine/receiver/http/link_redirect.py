"""A tapped link leads on to its button's address, and the tap is noted.

The person comes first: once the campaign is known, nothing that fails or is slow here keeps them from their target. The
target is in the campaign, never in the address. A program that looks ahead is led on like a person, so that its preview
shows the target. Every link that leads nowhere gets the same page, whatever the reason.
"""

import asyncio
from functools import partial
from http import HTTPStatus
from string import punctuation
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from engine.chats.taps import Taps
from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import Reference
from engine.core.errors import RecoveryError
from engine.receiver.http.link_visitors import is_tap
from engine.receiver.http.refusal import Refusal
from engine.receiver.http.turned_away import Why
from engine.receiver.reply_texts import NO_LINK, NOT_NOW, Bilingual
from engine.runtime.batcher import Batcher
from engine.runtime.telemetry import logger
from engine.runtime.version_cache import VersionCache
from engine.security.signed_links import PATH, SignedLinks

KNOW_S: Final = 2.0
_PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_AGAIN: Final = {"Retry-After": "2"}


class LinkRedirect:
    def __init__(self, links: SignedLinks, versions: VersionCache, taps: Taps) -> None:
        self._links = links
        self._versions = versions
        self._taps = taps
        self._looks: dict[int, Batcher[int, Snapshot | None]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{PATH}/{{token:.*}}", self._follow)]

    async def _follow(self, request: web.Request) -> web.Response:
        reference = self._links.read(request.match_info["token"])
        if reference is None:
            raise _refusal(request, NO_LINK, HTTPStatus.NOT_FOUND, Why.UNKNOWN_ADDRESS)
        try:
            async with asyncio.timeout(KNOW_S):
                snapshot = await self._published(reference)
        except (RecoveryError, TimeoutError) as error:
            logger().warning("Link not followed", bot=reference.bot_id, error=error)
            raise _refusal(request, NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE, headers=_AGAIN) from error
        button = tracked_link.find(snapshot, reference) if snapshot else None
        if button is None:
            raise _refusal(request, NO_LINK, HTTPStatus.NOT_FOUND, Why.UNKNOWN_ADDRESS)
        if is_tap(request.method, request.headers):
            await self._taps.note(reference, button)
        headers = {"Location": quote(button.url, safe=punctuation), **_PRIVATE}
        return web.Response(status=HTTPStatus.FOUND, headers=headers)

    async def _published(self, reference: Reference) -> Snapshot | None:
        """However many links of a bot are opened at once, one query at a time looks for what is not known yet."""
        if known := self._versions.known(reference.bot_id, reference.version):
            return known
        if reference.bot_id not in self._looks:
            self._looks[reference.bot_id] = Batcher(partial(self._look, reference.bot_id))
        return await self._looks[reference.bot_id](reference.version)

    async def _look(self, bot_id: int, numbers: list[int]) -> list[Snapshot | None]:
        found = {number: await self._versions.version(bot_id, number) for number in set(numbers)}
        return [found[number] for number in numbers]


def _refusal(
    request: web.Request,
    sentence: Bilingual,
    status: HTTPStatus,
    why: Why | None = None,
    headers: dict[str, str] | None = None,
) -> Refusal:
    words = sentence.read_by(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    return Refusal(status, words, {**_PRIVATE, **(headers or {})}, why)

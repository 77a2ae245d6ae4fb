"""What a page sees live, as Server-Sent Events: the cast, and one chat together with what the engine knows of it.

A stream sends the whole picture whenever it became another one, at most ten times a second, and from time to time
anyway: so that a clock is set right, and a page that is gone is noticed. Who connects again has missed nothing.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import msgspec
from aiohttp import web

from bench.sandbox import wire
from bench.sandbox.control import person_info, transcript_of
from bench.sandbox.onlooker import Onlooker, Watch
from bench.sandbox.pulse import Pulse
from bench.sandbox.state import Bot, Conversation, State

_LISTED_PEOPLE = 50
_LISTED_MESSAGES = 200
_PREVIEW = 80
_ANYWAY_S = 10.0
_PAUSE_S = 0.1
_encode = msgspec.json.Encoder().encode


class Picture(NamedTuple):
    """What is sent, and what of it makes it another picture."""

    body: bytes
    mark: object


class Live:
    def __init__(self, state: State, pulse: Pulse, onlooker: Onlooker) -> None:
        self._state = state
        self._pulse = pulse
        self._onlooker = onlooker

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/cast", self._cast),
            web.get("/live", self._live_cast),
            web.get(r"/live/{bot}/{person:\d+}", self._live_chat),
        ]

    async def _cast(self, _: web.Request) -> web.Response:
        return web.Response(body=_encode(cast_of(self._state)), content_type="application/json")

    async def _live_cast(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, self._picture_of_cast)

    async def _live_chat(self, request: web.Request) -> web.StreamResponse:
        bot = self._state.bot_named(request.match_info["bot"])
        conversation = self._state.conversation(bot, int(request.match_info["person"]))
        self._pulse.beat()
        with self._onlooker.watching(bot.id, conversation.person.user.id) as watch:
            return await self._stream(request, lambda: _picture_of_chat(bot, conversation, watch))

    def _picture_of_cast(self) -> Picture:
        body = _encode(cast_of(self._state))
        return Picture(body, body)

    async def _stream(self, request: web.Request, look: Callable[[], Picture | None]) -> web.StreamResponse:
        """Send pictures until the client leaves or there is nothing to look at any more."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        loop, shown, sent_at = asyncio.get_running_loop(), None, 0.0
        while picture := look():
            beats = self._pulse.beats
            if picture.mark != shown or loop.time() - sent_at >= _ANYWAY_S:
                await response.write(b"data: " + picture.body + b"\n\n")
                shown, sent_at = picture.mark, loop.time()
            await self._pulse.until(partial(self._happened_since, beats), _ANYWAY_S)
            await asyncio.sleep(_PAUSE_S)
        return response

    def _happened_since(self, beats: int) -> bool | None:
        return self._pulse.beats != beats or None


def cast_of(state: State) -> list[wire.CastBot]:
    return [_cast_bot(bot) for bot in state.bots.values()]


def _cast_bot(bot: Bot) -> wire.CastBot:
    people = sorted(map(_cast_person, bot.conversations.values()), key=attrgetter("id"), reverse=True)
    more = max(0, len(people) - _LISTED_PEOPLE)
    return wire.CastBot(bot.id, bot.user.username, bot.user.first_name, people[:_LISTED_PEOPLE], more)


def _cast_person(conversation: Conversation) -> wire.CastPerson:
    user, stored = conversation.person.user, next(reversed(conversation.messages.values()), None)
    text = stored.message.text if stored else None
    return wire.CastPerson(
        user.id,
        user.first_name,
        user.username or "",
        conversation.relation,
        len(conversation.messages),
        stored.at_ms if stored else None,
        text[:_PREVIEW] if text else None,
        last_from_bot=stored is not None and stored.message.sender.is_bot,
    )


def _picture_of_chat(bot: Bot, conversation: Conversation, watch: Watch) -> Picture | None:
    """None when the people were forgotten: the page then looks for others."""
    person = conversation.person
    if bot.conversations.get(person.user.id) is not conversation:
        return None
    earlier = max(0, len(conversation.messages) - _LISTED_MESSAGES)
    transcript = transcript_of(conversation, islice(conversation.messages.values(), earlier, None))
    snapshot = wire.Snapshot(bot.id, person_info(person), transcript, earlier, watch.view)
    return Picture(_encode(snapshot), (watch.changes, _encode(transcript)))

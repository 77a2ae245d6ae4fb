"""What the page sees live, as Server-Sent Events: the cast, and one chat together with what the engine knows of it.

A stream sends a whole frame whenever it changes, at most ten times a second, and from time to time anyway, so that
the page's clock stays right and a closed page is noticed. A page that connects again has missed nothing.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

import msgspec
from aiohttp import web

from bench.sandbox import protocol
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.control.server import person_info
from bench.sandbox.control.watched_chats import Watch, WatchedChats
from bench.sandbox.people.command_menu import commands_for
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Activity, Conversation
from bench.sandbox.world.state import State
from bench.sandbox.world.transcript import transcribed, transcript_of

_LISTED_PEOPLE = 50
_LISTED_MESSAGES = 200
_PREVIEW = 80
_ANYWAY_S = 10.0
_PAUSE_S = 0.1
_encode = msgspec.json.Encoder().encode


class Frame(NamedTuple):
    """What is sent, the part of it whose change is worth sending, and how long it stays true without an event."""

    body: bytes
    mark: object
    holds_s: float = _ANYWAY_S


class EventStreams:
    def __init__(
        self, state: State, log: RequestLog, signal: ChangeSignal, watched: WatchedChats, clock: Callable[[], int]
    ) -> None:
        self._state = state
        self._log = log
        self._signal = signal
        self._watched = watched
        self._clock = clock
        self._closing = False

    def close(self) -> None:
        """End the streams, so that they need not be cut off."""
        self._closing = True
        self._signal.notify()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/cast", self._cast),
            web.get("/live", self._live_cast),
            web.get(r"/live/{bot}/{person:\d+}", self._live_chat),
        ]

    async def _cast(self, _: web.Request) -> web.Response:
        return web.Response(body=_encode(cast_of(self._state)), content_type="application/json")

    async def _live_cast(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, self._frame_of_cast)

    async def _live_chat(self, request: web.Request) -> web.StreamResponse:
        bot = self._state.bot_named(request.match_info["bot"])
        conversation = self._state.conversation(bot, int(request.match_info["person"]))
        self._signal.notify()
        with self._watched.watching(bot.id, conversation.person.user.id) as watch:
            return await self._stream(request, lambda: self._frame_of_chat(bot, conversation, watch))

    def _frame_of_cast(self) -> Frame:
        body = _encode(cast_of(self._state))
        return Frame(body, body)

    def _frame_of_chat(self, bot: Bot, conversation: Conversation, watch: Watch) -> Frame | None:
        """None if the people were forgotten: the page then looks for others."""
        person, now_ms = conversation.person, self._clock()
        if bot.conversations.get(person.user.id) is not conversation:
            return None
        earlier = max(0, len(conversation.messages) - _LISTED_MESSAGES)
        transcript = transcript_of(conversation, islice(conversation.messages.values(), earlier, None), now_ms)
        commands = [protocol.Command(one.command, one.description) for one in commands_for(bot, person)]
        exchanged = next((one.seq for one in self._log.recent(bot.id, person.user.id)), 0)
        told = (person_info(person), transcript, earlier + transcript.thinned, watch.view, commands, exchanged)
        mark = (watch.changes, _encode(transcript), commands, exchanged)
        return Frame(_encode(protocol.Snapshot(bot.id, *told)), mark, _holds(conversation.activity, now_ms))

    async def _stream(self, request: web.Request, look: Callable[[], Frame | None]) -> web.StreamResponse:
        """Send frames until the client leaves or there is nothing left to show."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        loop, shown, sent_at = asyncio.get_running_loop(), None, 0.0
        while not self._closing and (frame := look()):
            beats = self._signal.changes
            if frame.mark != shown or loop.time() - sent_at >= _ANYWAY_S:
                await response.write(b"data: " + frame.body + b"\n\n")
                shown, sent_at = frame.mark, loop.time()
            await self._signal.until(partial(self._happened_since, beats), frame.holds_s)
            await self._signal.until(lambda: self._closing or None, _PAUSE_S)
        return response

    def _happened_since(self, beats: int) -> bool | None:
        return self._closing or self._signal.changes != beats or None


def cast_of(state: State) -> list[protocol.CastBot]:
    return [_cast_bot(bot) for bot in state.bots.values()]


def _cast_bot(bot: Bot) -> protocol.CastBot:
    latest = [bot.conversations[number] for number in nlargest(_LISTED_PEOPLE, bot.conversations)]
    more = len(bot.conversations) - len(latest)
    return protocol.CastBot(bot.id, bot.user.username, bot.user.first_name, [_cast_person(one) for one in latest], more)


def _cast_person(conversation: Conversation) -> protocol.CastPerson:
    user, stored = conversation.person.user, next(reversed(conversation.messages.values()), None)
    last = transcribed(stored) if stored else None
    return protocol.CastPerson(
        user.id,
        user.first_name,
        user.username or "",
        conversation.relation,
        conversation.messages.last_id,
        last.at_ms if last else None,
        last.text[:_PREVIEW] if last and last.text and not last.deleted else None,
        _kind(last) if last else None,
        last_from_bot=last is not None and last.from_bot,
    )


def _kind(message: protocol.TranscriptMessage) -> str | None:
    """Name the kind of a message that is more than text."""
    if message.deleted:
        return "deleted"
    if message.paid is not None:
        return "payment"
    return message.media.kind if message.media else None


def _holds(activity: Activity | None, now_ms: int) -> float:
    """How long "typing" is shown if nothing else happens."""
    left_s = (activity.until_ms - now_ms) / 1000 if activity else 0.0
    return min(left_s, _ANYWAY_S) if left_s > 0 else _ANYWAY_S

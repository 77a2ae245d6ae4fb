"""The HTTP API of the receiver: a bot's own code reports payments and signs of life. `docs/http-api.md` shows how.

Each bot has its own keys, and each key its scopes. A request is answered only when its effect stands, and is safe to
repeat. Only the process that receives a bot's updates may confirm that a user is silent.
As long as that is the receiver, it refuses a heartbeat from elsewhere: people whose updates still wait at Telegram
would count as silent.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec
from aiohttp import hdrs, web

from engine.chats.endings import Endings
from engine.chats.reported_activity import NEW_A_DAY, ReportedActivity
from engine.core import payment
from engine.core.api_key import Scope
from engine.core.errors import NotFoundError, OverloadError, UnreachableError
from engine.core.feed_status import FeedStatus
from engine.core.identity import SECOND_MS
from engine.core.schedule.timestamps import read_moment
from engine.receiver.http.at_once import MOST as MOST_AT_ONCE
from engine.receiver.http.at_once import AtOnce
from engine.receiver.http.authentication import authenticate, demand, unknown
from engine.receiver.http.body import read_body
from engine.receiver.http.bot_status import BotStatus, describe
from engine.receiver.http.key_limits import KeyLimits
from engine.receiver.http.refusal import Refusal
from engine.receiver.http.turned_away import Why
from engine.receiver.key_ring import KeyRing
from engine.runtime.telemetry import logger
from engine.telegram.refused_call import UNREADABLE
from storage.postgres.api_keys import ActiveKey
from storage.postgres.payments import Payment
from storage.postgres.receiver_bots import Watched

BODY: Final = 64 * 1024
"""The longest body: 512 activities fit."""
MOST: Final = 512
TAKE_S: Final = 5.0
_AGAIN: Final = {"Retry-After": "1"}

Moment: TypeAlias = int | str
Handler: TypeAlias = Callable[[ActiveKey, bytes], Awaitable[Any]]
Body = TypeVar("Body")


class _Payment(msgspec.Struct, forbid_unknown_fields=True):
    external_id: str
    chat_id: int
    amount: int
    currency: str
    status: str = "paid"
    paid_at: Moment | None = None


class _Active(msgspec.Struct, forbid_unknown_fields=True):
    chat_id: int
    at: Moment | None = None


class _Activity(msgspec.Struct, forbid_unknown_fields=True):
    """One sign of life, or several."""

    chat_id: int | None = None
    at: Moment | None = None
    activities: Annotated[list[_Active], msgspec.Meta(max_length=MOST)] = []


class _Heartbeat(msgspec.Struct, forbid_unknown_fields=True):
    upto_ms: int | None = None


class PaymentResult(msgspec.Struct):
    """`status` is that of the payment now: a refunded one stays refunded."""

    recorded: bool
    known_chat: bool
    status: str


class ActivityResult(msgspec.Struct):
    """How many chats' signs of life were taken in, and how many chats have not started the bot."""

    taken: int
    unknown: int


class ApiAccess(NamedTuple):
    """What the receiver knows. `watched` gives a bot whose updates are taken in; `overloaded` is told of each request
    that is over a limit.
    """

    started: Callable[[], bool]
    keys: KeyRing
    feed: Callable[[int], Awaitable[FeedStatus]]
    watched: Callable[[int], Watched | None]
    overloaded: Callable[[int], None]


class BotsApi:
    def __init__(self, bots: ApiAccess, endings: Endings, activity: ReportedActivity) -> None:
        self._bots = bots
        self._endings = endings
        self._activity = activity
        self._limits = KeyLimits(time.monotonic)
        self._at_once = AtOnce(_too_many)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/bots/{bot}", self._door(Scope.READ, self._describe)),
            web.post("/v1/bots/{bot}/payments", self._door(Scope.PAYMENTS, self._pay)),
            web.post("/v1/bots/{bot}/activity", self._door(Scope.ACTIVITY, self._be_active)),
            web.post("/v1/bots/{bot}/feed", self._door(Scope.ACTIVITY, self._confirm)),
            web.route("*", "/v1{rest:.*}", _nowhere),
        ]

    def _door(self, scope: Scope, handle: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def door(request: web.Request) -> web.Response:
            try:
                async with asyncio.timeout(TAKE_S):
                    return await self._answer(self._authorize(request, scope), request, handle)
            except OverloadError as error:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), _AGAIN) from error
            except (UnreachableError, OSError) as error:
                logger().warning("Request not taken", path=request.path, error=error)
                raise Refusal(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "Redis or PostgreSQL does not answer in time: repeat the request, which is safe.",
                    _AGAIN,
                ) from error

        return door

    def _authorize(self, request: web.Request, scope: Scope) -> ActiveKey:
        """The key, which is good for the bot in the address and for the scope. Raises Refusal."""
        if not self._bots.started():
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "The receiver is starting: repeat the request in a second.", _AGAIN
            )
        key = authenticate(request, self._bots.keys)
        demand(key, scope)
        return key

    async def _describe(self, key: ActiveKey, _: bytes) -> BotStatus:
        try:
            return describe(key, await self._bots.feed(key.bot_id))
        except NotFoundError as error:
            raise unknown() from error

    async def _answer(self, key: ActiveKey, request: web.Request, handle: Handler) -> web.Response:
        """Within the limits of the key, and with headers that tell what is left of them. Raises Refusal."""
        try:
            self._limits.ask(key.key_id)
            with self._at_once.place(key.bot_id):
                result = await handle(key, await read_body(request, BODY))
        except Refusal as refusal:
            if refusal.over_limit:
                self._bots.overloaded(key.bot_id)
            refusal.headers = {**refusal.headers} | self._limits.headers(key.key_id)
            raise
        return _accepted(result, self._limits.headers(key.key_id))

    async def _pay(self, key: ActiveKey, body: bytes) -> PaymentResult:
        asked = _read(body, _Payment)
        try:
            read = payment.read(*msgspec.structs.astuple(asked))
        except ValueError as error:
            raise _unfit(str(error)) from error
        (found,) = (await self._endings.pay([Payment(key.bot_id, *read)])).recorded
        if found.status is None:
            raise Refusal(
                HTTPStatus.CONFLICT,
                "This external_id is already used with another chat, amount or currency, and nothing was changed: give"
                " each payment an id of its own, and a refund the id and the whole amount of its payment.",
            )
        return PaymentResult(recorded=True, known_chat=found.known_chat, status=found.status)

    async def _be_active(self, key: ActiveKey, body: bytes) -> ActivityResult:
        latest = _latest(_signs(_read(body, _Activity)))
        bot = self._bots.watched(key.bot_id)
        if bot is None:
            raise Refusal(
                HTTPStatus.CONFLICT,
                "The bot is suspended, so the engine waits for none of its users: give it a new token with `python -m"
                " engine bots add`.",
            )
        self._limits.report(key.key_id, len(latest))
        reported = await self._activity.take(key.bot_id, latest, takes_new=bot.new_chats_by_api)
        if reported.put_off:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"This bot has named its {NEW_A_DAY} new people of a day, so {reported.put_off} of these are not taken:"
                " repeat the request after Retry-After seconds.",
                {hdrs.RETRY_AFTER: str(reported.day_ends_s)},
                over_limit=True,
            )
        return ActivityResult(reported.taken, reported.unknown)

    async def _confirm(self, _: ActiveKey, body: bytes) -> None:
        """Every registered bot's updates come to the receiver, so no caller can vouch for them."""
        _read(body or b"{}", _Heartbeat)
        raise Refusal(
            HTTPStatus.CONFLICT,
            "The receiver takes this bot's updates itself, and only it knows up to when it has them all: leave the"
            " heartbeat out; activity and payments count without it.",
        )


def _signs(asked: _Activity) -> list[_Active]:
    """Raises Refusal."""
    alone = [] if asked.chat_id is None else [_Active(asked.chat_id, asked.at)]
    if bool(alone) == bool(asked.activities):
        raise _unfit(f"give one chat_id, or activities with 1 to {MOST} of them")
    return alone or asked.activities


def _latest(signs: list[_Active]) -> dict[int, int]:
    """The latest sign of life of each chat; 0 counts as now. Raises Refusal."""
    seen: dict[int, set[int]] = {}
    try:
        for active in signs:
            payment.check_chat(active.chat_id)
            at_ms = 0 if active.at is None else _end_of_second(read_moment(active.at))
            seen.setdefault(active.chat_id, set()).add(at_ms)
    except ValueError as error:
        raise _unfit(str(error)) from error
    return {chat_id: 0 if 0 in moments else max(moments) for chat_id, moments in seen.items()}


def _end_of_second(at_ms: int) -> int:
    """The way Telegram's own dates count."""
    return at_ms - at_ms % SECOND_MS + SECOND_MS - 1


def _read(body: bytes, kind: type[Body]) -> Body:
    """Raises Refusal."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _unfit(f"{str(error)[:200]}; see docs/http-api.md for the fields") from error
    except UNREADABLE as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The body is not JSON: send one object in UTF-8.") from error


def _unfit(what: str) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{what[:1].upper()}{what[1:]}.")


async def _nowhere(_: web.Request) -> web.Response:
    raise Refusal(
        HTTPStatus.NOT_FOUND,
        "There is no such address: POST to /v1/bots/<id>/payments, /v1/bots/<id>/activity or /v1/bots/<id>/feed, or"
        " GET /v1/bots/<id>.",
        why=Why.UNKNOWN_ADDRESS,
    )


def _too_many(_: int) -> Refusal:
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"A bot may have {MOST_AT_ONCE} requests under way at once: repeat the request, which is safe.",
        _AGAIN,
        over_limit=True,
    )


def _accepted(result: Any, headers: dict[str, str]) -> web.Response:
    return web.Response(body=msgspec.json.encode(result), headers=headers, content_type="application/json")

"""The HTTP API of the receiver: a bot's own code tells of payments and of signs of life. `docs/http-api.md` shows how.

Each bot has keys of its own; an unknown bot and a wrong key are answered alike. A request is answered only when its
effect stands, and is safe to repeat. Every error is one sentence that names the mend. Who may vouch for a bot's silence
is whoever takes its updates: as long as that is the receiver, a heartbeat from elsewhere is refused, because it would
call those silent whose updates still wait at Telegram.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec
from aiohttp import web

from engine.administration.api_keys import hash_of
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core import payment
from engine.core.errors import UnreachableError
from engine.core.identity import SECOND_MS
from engine.core.schedule.timestamps import read_moment
from engine.runtime.telemetry import logger
from storage.postgres.payments import Payment

BODY: Final = 64 * 1024
"""The greatest body: 512 activities fit."""
MOST: Final = 512
TAKE_S: Final = 5.0
_MAX_KEY: Final = 128
_AGAIN: Final = {"Retry-After": "1"}
_DIGITS: Final = 19
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Moment: TypeAlias = int | str
Handler: TypeAlias = Callable[[int, bytes], Awaitable[Any]]
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


class Recorded(msgspec.Struct):
    """`status` as the payment stands now: a refunded one stays refunded."""

    recorded: bool
    known_chat: bool
    status: str


class Taken(msgspec.Struct):
    """How many signs of life were taken in."""

    taken: int


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """What is answered instead; the sentence names the mend."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class Bots(NamedTuple):
    """What the receiver knows. `key_owner` is the bot that a key's hash opens; `watched`: its updates are taken."""

    started: Callable[[], bool]
    key_owner: Callable[[bytes], int | None]
    watched: Callable[[int], bool]


class HttpApi:
    def __init__(self, bots: Bots, endings: Endings, activity: Activity) -> None:
        self._bots = bots
        self._endings = endings
        self._activity = activity

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/bots/{bot}/payments", self._door(self._pay)),
            web.post("/v1/bots/{bot}/activity", self._door(self._be_active)),
            web.post("/v1/bots/{bot}/feed", self._door(self._confirm)),
            web.route("*", "/v1{rest:.*}", _nowhere),
        ]

    def _door(self, handle: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def door(request: web.Request) -> web.Response:
            try:
                async with asyncio.timeout(TAKE_S):
                    bot_id = self._authorize(request)
                    return _answer(HTTPStatus.OK, await handle(bot_id, await _body(request)))
            except Refusal as refusal:
                return _answer(refusal.status, {"error": str(refusal)}, refusal.headers)
            except ConnectionError:
                return web.Response()
            except (UnreachableError, TimeoutError) as error:
                logger().warning("Request not taken", path=request.path, error=str(error) or "it took too long")
                sentence = "Redis or PostgreSQL does not answer in time: repeat the request, which is safe."
                return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": sentence}, _AGAIN)

        return door

    def _authorize(self, request: web.Request) -> int:
        """The bot of the address, which the key must open. Raises Refusal."""
        if not self._bots.started():
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Just starting: repeat the request in a second.", _AGAIN)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        bot_id = _number(request.match_info["bot"])
        owner = self._bots.key_owner(hash_of(key.strip()[:_MAX_KEY])) if scheme.lower() == "bearer" else None
        if owner is None or owner != bot_id:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "No such bot, or not its key: make one with `python -m engine bots keys add @bot`, and send it as"
                " `Authorization: Bearer rk_...` to the address with that bot's number.",
                {"WWW-Authenticate": "Bearer"},
            )
        return bot_id

    async def _pay(self, bot_id: int, body: bytes) -> Recorded:
        asked = _read(body, _Payment)
        try:
            told = payment.read(*msgspec.structs.astuple(asked))
        except ValueError as error:
            raise _unfit(str(error)) from error
        (found,) = (await self._endings.pay([Payment(bot_id, *told)])).recorded
        if found.status is None:
            raise Refusal(
                HTTPStatus.CONFLICT,
                "This external_id is known with another chat, amount or currency, and nothing was changed: give each"
                " payment an id of its own, and a refund that of its payment, whole.",
            )
        return Recorded(recorded=True, known_chat=found.known_chat, status=found.status)

    async def _be_active(self, bot_id: int, body: bytes) -> Taken:
        latest = _latest(_signs(_read(body, _Activity)))
        if not self._bots.watched(bot_id):
            raise Refusal(
                HTTPStatus.CONFLICT,
                "The bot is suspended, so that nobody of it is waited for: give it a new token with `python -m"
                " engine bots add`.",
            )
        await asyncio.gather(*(self._activity.mark_user_activity(bot_id, *sign) for sign in latest.items()))
        return Taken(len(latest))

    async def _confirm(self, _: int, body: bytes) -> None:
        """A registration without updates of our own does not exist yet: whoever calls is not the one to vouch."""
        _read(body or b"{}", _Heartbeat)
        raise Refusal(
            HTTPStatus.CONFLICT,
            "The receiver takes this bot's updates itself, and alone knows up to when it has them all: leave the"
            " heartbeat out, activity and payments count without it.",
        )


def _signs(asked: _Activity) -> list[_Active]:
    """Raises Refusal."""
    alone = [] if asked.chat_id is None else [_Active(asked.chat_id, asked.at)]
    if bool(alone) == bool(asked.activities):
        raise _unfit(f"give one chat_id, or activities with 1 to {MOST} of them")
    return alone or asked.activities


def _latest(signs: list[_Active]) -> dict[int, int]:
    """Of each chat its latest sign of life; 0 counts as now. Raises Refusal."""
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
    """As Telegram's own dates count."""
    return at_ms - at_ms % SECOND_MS + SECOND_MS - 1


async def _body(request: web.Request) -> bytes:
    """Raises Refusal when it is too long."""
    body = await request.content.read(BODY + 1)
    while len(body) <= BODY and (more := await request.content.read(BODY + 1 - len(body))):
        body += more
    if len(body) > BODY:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The body is longer than {BODY // 1024} KiB: send less at once, at most {MOST} activities.",
        )
    return body


def _read(body: bytes, kind: type[Body]) -> Body:
    """Raises Refusal."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _unfit(f"{str(error)[:200]}; see docs/http-api.md for the fields") from error
    except _UNREADABLE as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The body is not JSON: send one object in UTF-8.") from error


def _unfit(what: str) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{what[:1].upper()}{what[1:]}.")


async def _nowhere(_: web.Request) -> web.Response:
    sentence = "There is no such address: POST to /v1/bots/<id>/payments, /v1/bots/<id>/activity or /v1/bots/<id>/feed."
    return _answer(HTTPStatus.NOT_FOUND, {"error": sentence})


def _answer(status: HTTPStatus, content: Any, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(content), status=status, headers=headers, content_type="application/json"
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0

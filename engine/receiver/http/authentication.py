"""Who calls the HTTP API: the key in the request's header, and what it may do.

RFC 6750 says how a key is sent and refused. What cannot be a whole key is refused without a look at those that exist,
and no part of it is repeated or logged. A revoked key, an unknown one and one of another bot get the same answer, so
that nobody learns which bots and keys there are; only who holds the right key learns that it has ended.
"""

import re
import shlex
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from engine.administration.api_keys import hash_of
from engine.core.api_key import ALL, PREFIX, Scope, is_whole
from engine.receiver.http.connection import recognise
from engine.receiver.http.refusal import Refusal
from engine.receiver.http.turned_away import Why
from engine.receiver.key_ring import KeyRing
from storage.postgres.api_keys import ActiveKey

_CREDENTIALS: Final = re.compile(r"bearer +([\x21-\x7e]+)", re.IGNORECASE)
_OTHER_SCHEME: Final = re.compile(r"\s*(?!bearer )\S+ +\S", re.IGNORECASE)
_DIGITS: Final = 19
_CHALLENGE: Final = 'Bearer realm="recovery"'
_MISSING: Final = (
    f"The key is missing: send it once, as `Authorization: Bearer {PREFIX}...`. `python -m engine bots keys add @bot`"
    " makes one."
)
_DAMAGED: Final = (
    f"This is not a whole key: copy it again, from `{PREFIX}` to its last character, and send it once, as"
    f" `Authorization: Bearer {PREFIX}...`."
)
_UNKNOWN: Final = (
    "There is no such bot, or this is not one of its keys, or the key was revoked: make one with `python -m engine bots"
    " keys add @bot`, and send it to the address with that bot's number."
)


def authenticate(request: web.Request, keys: KeyRing) -> ActiveKey:
    """The key of the bot in the address. Raises Refusal."""
    key = keys.find(hash_of(_shown(request)))
    if key is None or key.bot_id != _number(request.match_info["bot"]):
        raise unknown()
    if keys.is_over(key):
        raise _unauthorized(f"This key has ended: {_edit(key, '--expires 90d')} extends it.", "invalid_token")
    keys.note_use(key)
    recognise(request)
    return key


def unknown() -> Refusal:
    return _unauthorized(_UNKNOWN, "invalid_token")


def demand(key: ActiveKey, scope: Scope) -> None:
    """Raises Refusal unless the key has the scope."""
    if scope in key.scopes:
        return
    wanted = ",".join(one for one in ALL if one in {*key.scopes, scope})
    raise Refusal(
        HTTPStatus.FORBIDDEN,
        f"This key lacks the scope {scope}: {_edit(key, f'--scopes {wanted}')} adds it.",
        {hdrs.WWW_AUTHENTICATE: f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
    )


def _shown(request: web.Request) -> str:
    """The key in the header. Raises Refusal."""
    headers = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not any(headers) or (len(headers) == 1 and _OTHER_SCHEME.match(headers[0])):
        raise _unauthorized(_MISSING)
    found = _CREDENTIALS.fullmatch(headers[0].strip(" \t"))
    if len(headers) > 1 or found is None or not is_whole(found[1]):
        raise _unauthorized(_DAMAGED, "invalid_token")
    return found[1]


def _unauthorized(sentence: str, error: str = "") -> Refusal:
    challenge = f'{_CHALLENGE}, error="{error}"' if error else _CHALLENGE
    return Refusal(HTTPStatus.UNAUTHORIZED, sentence, {hdrs.WWW_AUTHENTICATE: challenge}, Why.UNPROVED_CALL)


def _edit(key: ActiveKey, change: str) -> str:
    """The command that makes the key fit."""
    return f"`python -m engine bots keys edit @{key.username} --name {shlex.quote(key.name)} {change}`"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0

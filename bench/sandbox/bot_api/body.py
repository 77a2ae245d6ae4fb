"""The parameters of a request, from its query and its body: form, multipart or JSON. The body wins."""

from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from bench.sandbox import errors
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.bot_api.uploads import read_multipart
from bench.sandbox.errors import ApiError

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_MARK = "\N{REPLACEMENT CHARACTER}"
_decode_object = msgspec.json.Decoder(Parameters).decode


async def read_parameters(request: web.BaseRequest, query: str) -> Parameters:
    try:
        given = _form(query) if query else {}
        given.update(await _read_body(request))
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(errors.ENTITY_TOO_LARGE) from error
    except UnicodeDecodeError as error:
        raise ApiError(errors.NOT_UTF8) from error
    return given


async def _read_body(request: web.BaseRequest) -> Parameters:
    kind = request.headers.get("Content-Type", "")
    if kind.startswith(_MULTIPART):
        return await _multipart(request)
    try:
        raw = await request.read()
    except web.RequestPayloadError as error:
        raise ApiError(errors.BODY_NOT_JSON) from error
    return decode(kind, raw)


def decode(kind: str, raw: bytes) -> Parameters:
    """Read a complete body as JSON or as a form; any other kind holds no parameters."""
    if not raw:
        return {}
    if kind.startswith(_JSON):
        return _json(raw)
    return _form(raw.decode()) if kind.startswith(_FORM) else {}


async def _multipart(request: web.BaseRequest) -> Parameters:
    try:
        return await read_multipart(request)
    except UnicodeDecodeError:
        raise
    except (ValueError, HttpProcessingError) as error:
        raise ApiError(errors.BODY_NOT_MULTIPART) from error


def _form(encoded: str) -> Parameters:
    """Decode with yarl, three times as fast as the standard library; it marks bytes that are not UTF-8."""
    decoded = dict(URL.build(query_string=encoded, encoded=True).query)
    if any(_MARK in value for value in decoded.values()):
        return dict(parse_qsl(encoded, keep_blank_values=True, errors="strict"))
    return dict(decoded)


def _json(raw: bytes) -> Parameters:
    try:
        return _decode_object(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(errors.BODY_NOT_JSON) from error

"""The parameters of a request, wherever they stand: query, form, multipart or JSON body. The body wins."""

from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from bench.sandbox import errors
from bench.sandbox.errors import ApiError
from bench.sandbox.parameters import Parameters

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
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
        return dict(await request.post())
    raw = await request.read()
    if not raw:
        return {}
    if kind.startswith(_JSON):
        return _json(raw)
    return _form(raw.decode()) if kind.startswith(_FORM) else {}


def _form(encoded: str) -> Parameters:
    return dict(parse_qsl(encoded, keep_blank_values=True, errors="strict"))


def _json(raw: bytes) -> Parameters:
    try:
        return _decode_object(raw)
    except msgspec.DecodeError as error:
        raise ApiError(errors.BODY_NOT_JSON) from error

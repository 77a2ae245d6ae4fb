"""How a request may arrive at the Bot API port, and what happens to an invalid one."""

import io
import json
from typing import Any

import aiohttp
import pytest

from bench.sandbox import Sandbox
from tests.sandbox.caller import Caller, reply

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _multipart(parameters: dict[str, str]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in parameters.items():
        form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    "carried",
    [
        lambda given: {"params": given},
        lambda given: {"data": given},
        lambda given: {"data": _multipart(given)},
        lambda given: {"json": given},
        lambda given: {"params": {"chat_id": "1"}, "data": given},
    ],
    ids=["query", "form", "multipart", "json", "body over query"],
)
async def test_parameters_are_read_from_query_form_and_json(bot: Caller, person: int, carried: Any) -> None:
    given = carried({"chat_id": str(person), "text": "olá & 1+1 = 2 %"})
    async with bot.session.post(f"{bot.url}/sendMessage", **given) as answer:
        message = (await reply(answer)).result
    assert message["text"] == "olá & 1+1 = 2 %"
    assert message["chat"]["id"] == person


async def test_get_works_as_post_does(bot: Caller, person: int) -> None:
    async with bot.session.get(f"{bot.url}/sendMessage", params={"chat_id": person, "text": "x"}) as answer:
        assert (await reply(answer)).result["text"] == "x"


@pytest.mark.parametrize("name", ["getMe", "getme", "GETME"])
async def test_method_names_are_read_in_any_case(bot: Caller, name: str) -> None:
    assert (await bot(name)).result["username"] == "shop_bot"


async def test_an_unknown_method_is_not_found(bot: Caller) -> None:
    assert (await bot("sendNothing")).refusal == (404, "Not Found: method not found")


@pytest.mark.parametrize(
    ("token", "description"),
    [("1:unknown", "Unauthorized"), ("nonsense", "Unauthorized: invalid token specified")],
)
async def test_an_unknown_token_is_refused(
    session: aiohttp.ClientSession, sandbox: Sandbox, token: str, description: str
) -> None:
    async with session.get(f"{sandbox.api_url}/bot{token}/getMe") as answer:
        assert (await reply(answer)).refusal == (401, description)


@pytest.mark.parametrize("path", ["/", "/bot", "/bot1:x", "/bot1:x/", "/elsewhere/getMe"])
async def test_another_path_is_not_found(session: aiohttp.ClientSession, sandbox: Sandbox, path: str) -> None:
    async with session.get(sandbox.api_url + path) as answer:
        assert (await reply(answer)).refusal == (404, "Not Found")


@pytest.mark.parametrize(
    ("headers", "body", "refusal"),
    [
        (JSON, b"{", (400, "Bad Request: JSON object expected")),
        (JSON, b"[1]", (400, "Bad Request: JSON object expected")),
        (FORM, b"text=%ff", (400, "Bad Request: strings must be encoded in UTF-8")),
        (FORM, b"text=\xff", (400, "Bad Request: strings must be encoded in UTF-8")),
        ({"Content-Type": "multipart/form-data"}, b"x", (400, "Bad Request: boundary not found")),
        (FORM, io.BytesIO(b"x" * 2_000_000), (413, "Request Entity Too Large")),
    ],
)
async def test_a_malformed_body_gets_a_clear_refusal(
    bot: Caller, headers: dict[str, str], body: bytes | io.BytesIO, refusal: tuple[int, str]
) -> None:
    async with bot.session.post(f"{bot.url}/sendMessage", data=body, headers=headers) as answer:
        assert (await reply(answer)).refusal == refusal


async def test_the_replacement_character_itself_is_valid_text(bot: Caller, person: int) -> None:
    async with bot.session.post(f"{bot.url}/sendMessage", data={"chat_id": person, "text": "�"}) as answer:
        assert (await reply(answer)).result["text"] == "�"


async def test_nested_parameters_are_json_text_in_a_form_and_native_in_json(bot: Caller, person: int) -> None:
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    given = {"chat_id": str(person), "text": "x", "reply_markup": json.dumps(markup)}
    async with bot.session.post(f"{bot.url}/sendMessage", data=given) as answer:
        assert (await reply(answer)).result["reply_markup"] == markup
    native = await bot("sendMessage", chat_id=person, text="x", reply_markup=markup)
    assert native.result["reply_markup"] == markup


FIELD = b'--B\r\nContent-Disposition: form-data; name="text"\r\n'
NOT_FOUND = (400, "Bad Request: boundary not found")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", NOT_FOUND),
        (b"garbage", NOT_FOUND),
        (FIELD + b"\r\nx", NOT_FOUND),
        (FIELD + b"\xff: x\r\n\r\nx\r\n--B--\r\n", NOT_FOUND),
        (FIELD + b"X: " + b"y" * 20_000 + b"\r\n\r\nx\r\n--B--\r\n", NOT_FOUND),
        (FIELD + b"X: y\r\n" * 500 + b"\r\nx\r\n--B--\r\n", NOT_FOUND),
        (b"--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n--B--\r\n", NOT_FOUND),
        (FIELD + b"\r\n\xff\r\n--B--\r\n", (400, "Bad Request: strings must be encoded in UTF-8")),
        (FIELD + b"\r\n" + b"x" * 2_000_000 + b"\r\n--B--\r\n", (413, "Request Entity Too Large")),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n", (400, "Bad Request: message text is empty")),
    ],
    ids=[
        "empty",
        "garbage",
        "no end",
        "header",
        "long header",
        "headers",
        "nested",
        "no text",
        "long field",
        "no name",
    ],
)
async def test_a_malformed_multipart_body_gets_a_clear_refusal(
    bot: Caller, body: bytes, refusal: tuple[int, str]
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    async with bot.session.post(f"{bot.url}/sendMessage", data=io.BytesIO(body), headers=headers) as answer:
        assert (await reply(answer)).refusal == refusal

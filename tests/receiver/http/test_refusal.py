"""Every refusal has one shape, and a person who opened a link reads the sentence alone."""

import json
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.receiver.http.refusal import Refusal, refuse
from engine.security import signed_links

ANYTHING = {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}
LINK = f"{signed_links.PATH}/token"
SENTENCE = "Não agora: tente de novo."


async def _refused(_: web.Request) -> web.Response:
    raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, SENTENCE, {"Retry-After": "1"})


async def _taken(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="ok")


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    application = web.Application(middlewares=[refuse])
    refused = [web.get(path, _refused) for path in ("/refused", LINK)]
    application.add_routes([*refused, web.post("/taken", _taken)])
    async with TestClient(TestServer(application)) as opened:
        yield opened


async def test_a_refusal_is_one_json_object_with_its_sentence(client: TestClient[web.Request, web.Application]) -> None:
    async with client.get("/refused", headers=ANYTHING) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert await response.json() == {"error": SENTENCE}


async def test_a_link_shows_the_sentence_alone(client: TestClient[web.Request, web.Application]) -> None:
    async with client.get(LINK) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert (response.content_type, await response.text()) == ("text/plain", SENTENCE)


async def test_an_unknown_path_and_a_wrong_method_get_the_same_answer(
    client: TestClient[web.Request, web.Application],
) -> None:
    said = set()
    for method, path in (("GET", "/elsewhere"), ("GET", "/taken"), ("DELETE", "/refused"), ("OPTIONS", "/refused")):
        async with client.request(method, path, data=b"x" * 100) as response:
            assert (response.status, response.headers.get("Allow")) == (404, None)
            said.add(await response.text())
    (answer,) = said
    assert list(json.loads(answer)) == ["error"]


async def test_an_accepted_request_passes_through(client: TestClient[web.Request, web.Application]) -> None:
    async with client.post("/taken", data=b"x") as response:
        assert (response.status, await response.text()) == (200, "ok")

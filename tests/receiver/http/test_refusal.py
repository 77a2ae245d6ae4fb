"""Every refusal has one shape, and a person who opened a link reads the sentence alone."""

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
    application = web.Application(client_max_size=10, middlewares=[refuse])
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


@pytest.mark.parametrize(
    ("method", "path", "status", "mend"),
    [
        ("GET", "/elsewhere", 404, "check the path"),
        ("GET", "/taken", 405, "the Allow header"),
        ("POST", "/taken", 413, "send less"),
    ],
)
async def test_the_servers_own_refusals_have_the_same_shape(
    client: TestClient[web.Request, web.Application], method: str, path: str, status: int, mend: str
) -> None:
    async with client.request(method, path, data=b"x" * 100) as response:
        said = await response.json()
        assert (response.status, list(said), mend in said["error"]) == (status, ["error"], True)
        assert response.headers.get("Allow") == ("POST" if status == 405 else None)


async def test_an_accepted_request_passes_through(client: TestClient[web.Request, web.Application]) -> None:
    async with client.post("/taken", data=b"x") as response:
        assert (response.status, await response.text()) == (200, "ok")

"""The control port: the cast, the reset, waiting for messages, and clear errors for invalid requests."""

import asyncio

import aiohttp
import pytest

from bench.sandbox import ControlFailedError, Sandbox, SandboxClient
from tests.sandbox.caller import Caller


async def test_the_cast_follows_the_seed() -> None:
    def cast(seed: int, bots: int) -> list[tuple[int, str, str]]:
        return [(bot.id, bot.username, bot.token) for bot in Sandbox(bots, seed=seed).bots]

    assert cast(5, 12) == cast(5, 12)
    assert cast(5, 3) == cast(5, 12)[:3]
    assert cast(5, 3) != cast(6, 3)
    assert len({username for _, username, _ in cast(5, 30)}) == 30


def test_a_token_looks_like_telegrams() -> None:
    (bot,) = Sandbox(1).bots
    number, _, secret = bot.token.partition(":")
    assert (int(number), len(secret), bot.username) == (bot.id, 35, "shop_bot")


async def test_peoples_ids_do_not_fit_in_32_bits(client: SandboxClient) -> None:
    assert all(one.id > 2**32 for one in await client.add_people(3))


async def test_another_first_person_gives_the_same_names_other_ids() -> None:
    async with Sandbox(bots=1, first_person=9_000_000_001) as sandbox, SandboxClient(sandbox.control_url) as client:
        people = await client.add_people(2)
    assert [(one.id, one.first_name, one.username) for one in people] == [
        (9_000_000_001, "Bruno", "person_1"),
        (9_000_000_002, "Carla", "person_2"),
    ]


async def test_people_take_languages_and_names_in_turn_and_updates_carry_them(
    bot: Caller, client: SandboxClient
) -> None:
    people = await client.add_people(4, languages=("pt-br", "en"), names=("Ana", "<Bia>", "\N{HANGUL FILLER}"))
    assert [(one.first_name, one.language_code) for one in people] == [
        ("Ana", "pt-br"),
        ("<Bia>", "en"),
        ("\N{HANGUL FILLER}", "pt-br"),
        ("Ana", "en"),
    ]
    for person in people:
        await client.start("shop_bot", person.id)
    told = [update["message"]["from"] for update in (await bot("getUpdates")).result]
    assert [(one["first_name"], one["language_code"]) for one in told] == [
        (one.first_name, one.language_code) for one in people
    ]
    (usual,) = await client.add_people(1)
    assert usual.language_code == "pt-br"


@pytest.mark.parametrize("given", [{"languages": ()}, {"languages": ("Português",)}, {"names": ("",)}])
async def test_an_invalid_language_or_name_is_refused(client: SandboxClient, given: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ControlFailedError):
        await client.add_people(1, **given)


async def test_a_bot_can_be_added_while_others_work(
    client: SandboxClient, sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    added = await client.add_bot("late_bot")
    assert (await Caller(session, sandbox.api_url, added)("getMe")).result["username"] == "late_bot"
    assert added in await client.bots()
    with pytest.raises(ControlFailedError, match="already a bot called late_bot"):
        await client.add_bot("late_bot")


async def test_one_can_wait_for_the_next_message_of_a_bot(bot: Caller, client: SandboxClient, person: int) -> None:
    waiting = asyncio.create_task(client.next_message("shop_bot", person))
    sent = await bot("sendMessage", chat_id=person, text="first")
    await bot("sendMessage", chat_id=person, text="second")
    first = await waiting
    assert first is not None
    assert (first.text, first.message_id) == ("first", sent.result["message_id"])
    second = await client.next_message("shop_bot", person, after=first.message_id)
    assert second is not None
    assert second.text == "second"
    assert await client.next_message("shop_bot", person, after=second.message_id, wait=0) is None


async def test_one_can_wait_for_an_acknowledgement(bot: Caller, client: SandboxClient, person: int) -> None:
    act = await client.write("shop_bot", person, "x")
    waiting = asyncio.create_task(client.acknowledged_at("shop_bot", act.update_id or 0))
    await bot("getUpdates", offset=(act.update_id or 0) + 1)
    assert (await waiting or 0) >= act.at_ms


async def test_a_reset_forgets_everything_but_the_bots(bot: Caller, client: SandboxClient, person: int) -> None:
    before = await client.write("shop_bot", person, "x")
    await bot("getUpdates", offset=before.update_id)
    await client.reset()
    assert (await bot("getUpdates")).result == []
    (again,) = await client.add_people(1)
    assert again.id == person
    assert (await bot("sendMessage", chat_id=person, text="x")).status == 403
    started = await client.start("shop_bot", person)
    assert (started.message_id, started.update_id) == (1, (before.update_id or 0) + 1)
    assert (await client.acknowledgements()).acknowledged == []
    assert [row.method for row in (await client.record()).rows] == ["getUpdates", "sendMessage"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "error"),
    [
        ("POST", "/acts", b"[", 400, "Input data was truncated"),
        ("POST", "/acts", b'[{"deed":"fly","bot":1,"person":1}]', 400, "Invalid enum value 'fly'"),
        ("POST", "/acts", b'[{"deed":"tap","bot":1,"person":1,"x":1}]', 400, "unknown field `x`"),
        ("POST", "/people", b'{"count":0}', 400, "Expected `int` >= 1"),
        ("POST", "/faults", b'{"kind":"slow","probability":2}', 400, "Expected `float` <= 1"),
        ("POST", "/faults", b'{"kind":"slow","bot":"x_bot"}', 404, "there is no bot x_bot"),
        ("DELETE", "/faults/7", b"", 404, "there is no fault 7"),
        ("GET", "/chats/shop_bot/12", b"", 404, "there is no person 12"),
        ("GET", "/chats/shop_bot/me", b"", 400, "person must be a number, not 'me'"),
        ("GET", "/record?cursor=x", b"", 400, "cursor must be a number, not 'x'"),
        ("GET", "/record?wait=long", b"", 400, "wait must be a number, not 'long'"),
        ("GET", "/nowhere", b"", 404, "Not Found"),
        ("PUT", "/acts", b"", 405, "Method Not Allowed"),
    ],
)
async def test_an_invalid_request_is_refused_with_the_reason(
    sandbox: Sandbox, session: aiohttp.ClientSession, verb: str, path: str, body: bytes, status: int, error: str
) -> None:
    async with session.request(verb, sandbox.control_url + path, data=body) as answer:
        assert answer.status == status
        assert error in (await answer.json())["error"]


async def test_a_client_must_be_opened_first(sandbox: Sandbox) -> None:
    with pytest.raises(ControlFailedError, match="async with"):
        await SandboxClient(sandbox.control_url).bots()


async def test_bots_can_be_made_in_bulk(client: SandboxClient) -> None:
    added = await client.add_bots(30)
    assert len({bot.token for bot in added}) == 30
    assert (await client.bots())[2:] == added

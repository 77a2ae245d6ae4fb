"""What keeps the sandbox small: rings, and thinned messages."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.world.retention import Bounds, Ring
from tests.sandbox.caller import Caller

BOUNDS = Bounds(rows=3, acknowledgements=2, messages=4, sampled=2)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(bots=1, bounds=BOUNDS) as sandbox:
        yield sandbox


async def sent(bot: Caller, person: int, *texts: str) -> list[int]:
    return [(await bot("sendMessage", chat_id=person, text=text)).result["message_id"] for text in texts]


async def texts(client: SandboxClient, person: int) -> list[tuple[int, str | None]]:
    return [(one.message_id, one.text) for one in (await client.transcript("shop_bot", person)).messages]


def test_a_ring_says_what_it_lost() -> None:
    ring: Ring[str] = Ring(2)
    assert [ring.append(row) for row in "abc"] == [None, None, "a"]
    assert [*ring.since(0)] == [*ring.since(1)] == ["b", "c"]
    assert [ring.lost_since(cursor) for cursor in (0, 1, 3)] == [1, 0, 0]
    assert [*ring.since(2)] == ["c"]
    assert [*ring.since(3)] == []


async def test_the_record_keeps_its_newest_rows_and_says_how_many_are_lost(bot: Caller, client: SandboxClient) -> None:
    for _ in range(5):
        await bot("getMe")
    record = await client.record()
    assert ([row.seq for row in record.rows], record.cursor, record.lost) == ([3, 4, 5], 5, 2)
    later = await client.record(4)
    assert ([row.seq for row in later.rows], later.lost) == ([5], 0)


async def test_acknowledgements_are_lost_with_what_was_known_of_their_updates(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    for _ in range(3):
        last = await client.write("shop_bot", person, "x")
    await bot("getUpdates", offset=(last.update_id or 0) + 1)
    told = await client.acknowledgements()
    assert ([one.update_id - (last.update_id or 0) for one in told.acknowledged], told.lost) == ([-1, 0], 2)
    assert await client.acknowledged_at("shop_bot", (last.update_id or 0) - 2, wait=0) is None


async def test_a_small_run_is_kept_whole_and_a_bigger_one_thinned_from_its_beginning(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await sent(bot, person, "a", "b", "c")
    assert (await client.transcript("shop_bot", person)).thinned == 0
    assert await sent(bot, person, "d", "e") == [5, 6]
    assert await texts(client, person) == [(3, "b"), (4, "c"), (5, "d"), (6, "e")]
    assert (await client.transcript("shop_bot", person)).thinned == 2
    assert (await client.counters()).messages == 5


async def test_a_chat_makes_room_for_others(bot: Caller, client: SandboxClient, person: int) -> None:
    await sent(bot, person, "a", "b")
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    await sent(bot, other.id, "c", "d")
    assert await texts(client, person) == [(3, "b")]
    assert await texts(client, other.id) == [(1, "/start"), (2, "c"), (3, "d")]


async def test_a_thinned_message_can_still_be_deleted_once(bot: Caller, client: SandboxClient, person: int) -> None:
    first, *_ = await sent(bot, person, "a", "b", "c", "d", "e")
    assert (await bot("deleteMessage", chat_id=person, message_id=first)).result is True
    await sent(bot, person, "f", "g", "h", "i")
    assert first not in dict(await texts(client, person))
    refusal = (await bot("deleteMessage", chat_id=person, message_id=first)).refusal
    assert refusal == (400, "Bad Request: message to delete not found")


async def test_a_thinned_message_comes_back_in_its_place_when_it_is_edited(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    first, *_ = await sent(bot, person, "a", "b", "c", "d", "e")
    edited = await bot("editMessageText", chat_id=person, message_id=first, text="new")
    assert edited.result["message_id"] == first
    assert await texts(client, person) == [(first, "new"), (4, "c"), (5, "d"), (6, "e")]


async def test_an_old_date_is_remembered_when_a_message_is_thinned(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    first, *_ = await sent(bot, person, "a", "b", "c", "d", "e")
    await client.move_time(49 * 3600 * 1000)
    refusal = (await bot("deleteMessage", chat_id=person, message_id=first)).refusal
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_waiting_for_a_message_is_not_disturbed_by_thinning(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await sent(bot, person, "a", "b", "c", "d", "e")
    found = await client.next_message("shop_bot", person, after=0)
    assert found is not None
    assert (found.message_id, found.text) == (3, "b")


async def test_sampled_chats_have_room_of_their_own(session: aiohttp.ClientSession) -> None:
    async with (
        Sandbox(bots=1, bounds=BOUNDS, first_person=1000) as sandbox,
        SandboxClient(sandbox.control_url) as client,
    ):
        bot = Caller(session, sandbox.api_url, sandbox.bots[0])
        sampled, other = await client.add_people(2)
        for person in (sampled, other):
            await client.start("shop_bot", person.id)
        await sent(bot, sampled.id, "a")
        await sent(bot, other.id, *"bcdefgh")
        assert await texts(client, sampled.id) == [(1, "/start"), (2, "a")]


async def test_a_reset_clears_the_shelves(bot: Caller, client: SandboxClient, person: int) -> None:
    await sent(bot, person, "a", "b", "c")
    await client.reset()
    (again,) = await client.add_people(1)
    await client.start("shop_bot", again.id)
    await sent(bot, again.id, "a", "b", "c")
    assert len(await texts(client, again.id)) == 4

"""The record: what came, when, how it ended, whether the answer was read, and when updates were acknowledged."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Row
from tests.sandbox.caller import Caller, upload
from tests.sandbox.pictures import SOUND


async def test_a_request_is_recorded_with_its_parameters_and_its_end(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    before = (await client.write("shop_bot", person, "x")).at_ms
    await bot("sendMessage", chat_id=person, text="<i>hi</i>", parse_mode="HTML")
    (row,) = (await client.record()).rows
    assert (row.bot_id, row.method, row.chat_id, row.text) == (bot.bot.id, "sendMessage", person, "<i>hi</i>")
    assert (row.ok, row.error_code, row.message_id, row.broken_off) == (True, None, 3, None)
    assert before <= row.arrived_ms <= (row.completed_ms or 0)


async def test_a_request_is_recorded_with_how_many_files_came_with_it(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    sent = (await upload(bot, "sendVoice", chat_id=person, voice=("v.ogg", SOUND))).result["voice"]
    await bot("sendVoice", chat_id=person, voice=sent["file_id"])
    items = [{"type": "document", "media": "attach://a"}, {"type": "document", "media": "attach://b"}]
    await upload(bot, "sendMediaGroup", chat_id=person, media=items, a=b"a", b=("b.txt", b"b"))
    assert [row.uploads for row in (await client.record()).rows] == [1, 0, 2]


async def test_a_refused_request_is_recorded_with_its_code(bot: Caller, client: SandboxClient) -> None:
    await bot("sendMessage", chat_id=1, text="x")
    (row,) = (await client.record()).rows
    assert (row.ok, row.error_code, row.message_id) == (False, 400, None)


async def test_a_request_with_an_unknown_token_is_recorded_for_bot_0(
    session: aiohttp.ClientSession, sandbox: Sandbox, client: SandboxClient
) -> None:
    await session.get(f"{sandbox.api_url}/bot1:x/getme")
    (row,) = (await client.record()).rows
    assert (row.bot_id, row.method, row.error_code) == (0, "getMe", 401)


async def test_the_cursor_continues_where_it_stopped(bot: Caller, client: SandboxClient) -> None:
    await bot("getMe")
    first = await client.record()
    await bot("getWebhookInfo")
    second = await client.record(first.cursor)
    assert [row.method for row in first.rows] == ["getMe"]
    assert [row.method for row in second.rows] == ["getWebhookInfo"]
    assert (await client.record(second.cursor)).rows == []


async def test_polls_are_recorded_with_their_offset_and_number_of_updates(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    act = await client.write("shop_bot", person, "x")
    await bot("getUpdates", offset=act.update_id)
    (row,) = (await client.record()).rows
    assert (row.offset, row.updates) == (act.update_id, 1)


async def test_an_update_is_acknowledged_by_the_poll_whose_offset_passes_it(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    act = await client.write("shop_bot", person, "x")
    update_id = act.update_id or 0
    await bot("getUpdates", offset=update_id)
    assert await client.acknowledged_at("shop_bot", update_id, wait=0) is None
    await bot("getUpdates", offset=update_id + 1)
    row = (await client.record()).rows[-1]
    at_ms = await client.acknowledged_at("shop_bot", update_id)
    assert row.arrived_ms <= (at_ms or 0) <= (row.completed_ms or 0)
    listed = await client.acknowledgements()
    assert [one.update_id for one in listed.acknowledged] == [update_id - 1, update_id]
    assert (listed.acknowledged[1].bot_id, listed.acknowledged[1].at_ms) == (bot.bot.id, at_ms)
    assert (await client.acknowledgements(listed.cursor)).acknowledged == []


def _request(bot: Caller, person: int, *, missing: int = 0) -> bytes:
    body = f"chat_id={person}&text=x".encode()
    head = (
        f"POST {urlsplit(bot.url).path}/sendMessage HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body) + missing}\r\n\r\n"
    )
    return head.encode() + body


def _connected(bot: Caller) -> socket.socket:
    at = urlsplit(bot.url)
    return socket.create_connection((at.hostname or "", at.port or 0))


async def _ended(client: SandboxClient, cursor: int = 0) -> Row:
    (row,) = (await client.record(cursor, wait=10)).rows
    return row


async def _broken_off(client: SandboxClient) -> Row:
    """Follow the record until a request turns out to be broken off."""
    cursor = 0
    while rows := (record := await client.record(cursor, wait=10)).rows:
        if rows[0].broken_off:
            return rows[0]
        cursor = record.cursor
    raise AssertionError("nothing was broken off")


async def test_a_client_that_leaves_before_the_answer_is_seen(bot: Caller, client: SandboxClient, person: int) -> None:
    connection = _connected(bot)
    connection.sendall(_request(bot, person))
    connection.close()
    row = await _broken_off(client)
    assert (row.ok, row.message_id, row.broken_off) == (True, 2, "client")


async def test_a_client_that_dies_with_the_answer_unread_is_seen(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    connection = _connected(bot)
    connection.sendall(_request(bot, person))
    answered = await client.record(wait=10)
    assert answered.rows[0].broken_off is None
    connection.close()
    row = await _ended(client, answered.cursor)
    assert (row.seq, row.ok, row.broken_off) == (answered.rows[0].seq, True, "client")


async def test_a_client_that_read_the_answer_and_left_is_not_called_broken_off(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    connection = _connected(bot)
    connection.sendall(_request(bot, person))
    answered = await client.record(wait=10)
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
    connection.close()
    row = await _ended(client, answered.cursor)
    assert row.broken_off is None
    assert (row.closed_ms or 0) >= (row.completed_ms or 0)


async def test_a_client_that_leaves_in_the_middle_of_its_request_is_seen(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    connection = _connected(bot)
    connection.sendall(_request(bot, person, missing=10))
    await client.open_requests()
    connection.close()
    row = await _ended(client)
    assert (row.ok, row.message_id, row.broken_off) == (None, None, "client")
    assert len((await client.transcript("shop_bot", person)).messages) == 1


async def test_the_record_file_has_one_json_object_a_line_and_the_last_of_a_seq_counts(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    path = tmp_path / "record.jsonl"
    async with Sandbox(bots=1, record=path) as sandbox, SandboxClient(sandbox.control_url) as client:
        bot = Caller(session, sandbox.api_url, sandbox.bots[0])
        await bot("getMe")
        connection = _connected(bot)
        connection.sendall(_request(bot, 1))
        cursor = (await client.record(1, wait=10)).cursor
        connection.close()
        await client.record(cursor, wait=10)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["seq"], row["method"], row.get("broken_off")) for row in rows] == [
        (1, "getMe", None),
        (2, "sendMessage", None),
        (2, "sendMessage", "client"),
    ]


async def test_requests_that_are_open_when_the_sandbox_stops_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with socket.socket() as connection:
        async with Sandbox(bots=1, record=path) as sandbox, SandboxClient(sandbox.control_url) as client:
            at = urlsplit(sandbox.api_url)
            connection.connect((at.hostname, at.port))
            poll = f"GET /bot{sandbox.bots[0].token}/getUpdates?timeout=50 HTTP/1.1\r\nHost: x\r\n\r\n"
            connection.sendall(poll.encode())
            await client.open_requests()
    (row,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert (row["method"], row["broken_off"]) == ("getUpdates", "closing")

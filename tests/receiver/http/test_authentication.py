"""Who may call the HTTP API: how a key is read, what it may do, until when, and what a refusal tells."""

import asyncio
import json
from shlex import join
from typing import Any, NamedTuple

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import example, given
from hypothesis import strategies as st

from engine.administration import api_keys
from engine.core.api_key import RANDOM, compose, is_whole
from engine.core.change import Change
from engine.core.schedule.spoken_time import DAY_MS
from engine.receiver.http import authentication
from engine.receiver.http.refusal import Refusal
from engine.receiver.key_ring import WRITE_S, KeyRing
from storage.redis.server_clock import server_now_ms
from tests.missing_table import missing_table
from tests.receiver.http.desk import CHANGE, CHAT, PAID, Desk

CHALLENGE = 'Bearer realm="recovery"'
INVALID = f'{CHALLENGE}, error="invalid_token"'
FORMER = "rk_" + "x" * 43
WANTS = {
    ("GET", ""): "read",
    ("POST", "/payments"): "payments",
    ("POST", "/activity"): "activity",
    ("POST", "/feed"): "activity",
}
BODIES = {"/payments": PAID, "/activity": {"chat_id": CHAT}}


class Answer(NamedTuple):
    status: int
    challenge: str
    error: str


async def say(desk: Desk, *authorization: str | bytes) -> Answer:
    """Ask for the bot with these header lines, written as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.settings.port)
    values = [value.encode() if isinstance(value, str) else value for value in authorization]
    first = f"GET /v1/bots/{desk.bot.id} HTTP/1.1".encode()
    lines = [first, b"Host: x", b"Connection: close", *(b"Authorization: " + value for value in values)]
    writer.write(b"\r\n".join([*lines, b"", b""]))
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    said = json.loads(body) if headers["Content-Type"].startswith("application/json") else {}
    return Answer(int(head.split()[1]), headers.get("WWW-Authenticate", ""), said.get("error", ""))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that were looked up."""
    hashes: list[bytes] = []
    find = KeyRing.find

    def found(ring: KeyRing, key_hash: bytes) -> Any:
        hashes.append(key_hash)
        return find(ring, key_hash)

    monkeypatch.setattr(KeyRing, "find", found)
    return hashes


async def test_a_scheme_has_no_case_and_blanks_around_a_key_are_harmless(desk: Desk) -> None:
    for written in ("Bearer {}", "bearer {}", "BEARER {}", "Bearer    {}", "Bearer {}  ", "  bEARER {}\t"):
        assert (await say(desk, written.format(desk.key))).status == 200


async def test_a_request_without_a_key_is_told_how_to_send_one(desk: Desk) -> None:
    for lines in ((), ("",), ("   ",), ("", ""), ("Basic dTpw",), (f"Basic {desk.key}",), ('Digest username="x"',)):
        answer = await say(desk, *lines)
        assert (answer.status, answer.challenge) == (401, CHALLENGE)
        assert "The key is missing: send it once" in answer.error


DAMAGED = {
    "the scheme alone": "Bearer",
    "no scheme": "{}",
    "no blank": "Bearer{}",
    "a tab": "Bearer\t{}",
    "a quoted key": 'Bearer "{}"',
    "a list": "Bearer {0},{0}",
    "two keys": "Bearer {0} {0}",
    "a parameter": "Bearer token={}",
    "a shortened key": "Bearer {:.39}",
    "something behind": "Bearer {}x",
    "something before": "Bearer x{}",
    "a letter that is none": "Bearer {}é",
    "another alphabet": "Bearer rec_" + "а" * 36,
    "a placeholder": "Bearer rec_...",
    "very much": "Bearer {}" + "x" * 8_000,
    "an encoded key": "Bearer %72{}",
    "a former key, shortened": f"Bearer {FORMER[:-1]}",
}


async def test_what_is_not_a_whole_key_is_refused_without_a_look_at_the_keys(
    desk: Desk, looked_up: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, written in DAMAGED.items():
        answer = await say(desk, written.format(desk.key))
        assert (answer.status, answer.challenge) == (401, INVALID), name
        assert "This is not a whole key: copy it again" in answer.error
        assert desk.key[10:30] not in answer.error + capsys.readouterr().out
    assert looked_up == []


SOUND = compose("7" * RANDOM)
PARTS = ["Bearer", "bearer", "Basic", " ", "  ", "\t", ",", '"', "é", "\x7f", "=", SOUND, FORMER, SOUND[:-1]]


def read(written: str) -> str | Refusal:
    try:
        return authentication._shown(make_mocked_request("GET", "/", headers={"Authorization": written}))
    except Refusal as refusal:
        return refusal


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=3)), max_size=6).map("".join))
@example(f"bearer  {SOUND} ")
def test_only_a_whole_key_behind_its_scheme_is_read(written: str) -> None:
    found = read(written)
    if isinstance(found, Refusal):
        assert (found.status, SOUND[10:] in str(found)) == (401, False)
    else:
        scheme, blank, rest = written.strip(" \t").partition(" ")
        assert (scheme.lower(), blank, rest.strip(" "), is_whole(found)) == ("bearer", " ", found, True)


async def test_a_header_that_comes_twice_is_no_key(desk: Desk, looked_up: list[bytes]) -> None:
    good, other = f"Bearer {desk.key}", f"Bearer {compose('0' * RANDOM)}"
    for lines in ((good, good), (good, other), (other, good), (good, ""), ("", good), ("Basic x", good)):
        assert (await say(desk, *lines))[:2] == (401, INVALID)
    assert looked_up == []


async def test_bytes_that_are_no_text_open_nothing_and_are_not_logged(
    desk: Desk, looked_up: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    for odd in (b"\xff\xfe", b"\xed\xa0\x80", b"\x80", b"\x00", b"\x00x", b"\x7f", b"\x01"):
        answer = await say(desk, b"Bearer " + desk.key.encode() + odd)
        assert answer.status in (400, 401)
        assert desk.key[10:30] not in answer.error + capsys.readouterr().out
    assert looked_up == []


async def test_a_good_key_in_another_place_opens_nothing(desk: Desk) -> None:
    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}"
    for place in ({"params": {"access_token": desk.key}}, {"headers": {"X-Api-Key": desk.key}}, {"data": desk.key}):
        async with desk.session.get(url, **place) as response:
            assert response.status == 401


async def test_a_key_from_before_the_checksum_is_good(desk: Desk) -> None:
    await desk.pool.execute(
        "INSERT INTO api_keys (bot_id, name, hash, created_at) VALUES ($1, 'former', $2, 0)",
        *(desk.bot.id, api_keys.hash_of(FORMER)),
    )
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID, key=FORMER))[0] == 200
    assert (await desk.post("payments", PAID, key=FORMER[:-1] + "y"))[0] == 401


SETS = [{"read"}, {"payments"}, {"activity"}, {"payments", "read"}, {"activity", "payments", "read"}]


async def test_a_key_may_do_what_its_scopes_say_and_nothing_else(desk: Desk) -> None:
    for scopes in SETS:
        name = f"a 'shop' {len(scopes)}"
        key = (await api_keys.add(desk.pool, desk.bot.username, name, CHANGE, ",".join(scopes))).reveal()
        await desk.receiver.run_once()
        for (method, what), scope in WANTS.items():
            url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}{what}"
            headers = {"Authorization": f"Bearer {key}"}
            async with desk.session.request(method, url, headers=headers, json=BODIES.get(what, {})) as response:
                error = (await response.json()).get("error")
                challenge = response.headers.get("WWW-Authenticate")
            if scope in scopes:
                assert (response.status, challenge) == (409 if what == "/feed" else 200, None)
                continue
            assert (response.status, challenge) == (403, f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"')
            words = ["edit", f"@{desk.bot.username}", "--name", name, "--scopes", ",".join(sorted({*scopes, scope}))]
            assert error == f"This key lacks the scope {scope}: `python -m engine bots keys {join(words)}` adds it."
        await api_keys.revoke(desk.pool, desk.bot.username, name, CHANGE)


async def test_what_a_key_may_not_do_has_no_effect(desk: Desk) -> None:
    await api_keys.edit(desk.pool, desk.bot.username, "main", CHANGE, "read", None)
    await desk.receiver.run_once()
    assert [(await desk.post(what[1:], content))[0] for what, content in BODIES.items()] == [403, 403]
    assert (await desk.payments(), await desk.armed()) == ([], False)


async def test_a_changed_scope_counts_from_the_next_turn(desk: Desk) -> None:
    await api_keys.edit(desk.pool, desk.bot.username, "main", CHANGE, "read", None)
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID))[0] == 403
    await api_keys.edit(desk.pool, desk.bot.username, "main", CHANGE, "payments", None)
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID))[0] == 200


async def test_a_key_ends_by_the_clock_of_redis_and_only_its_bearer_is_told(desk: Desk) -> None:
    now_ms = await server_now_ms(desk.client)
    await desk.pool.execute("UPDATE api_keys SET expires_at = $1", now_ms + DAY_MS)
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID))[0] == 200
    await desk.pool.execute("UPDATE api_keys SET expires_at = $1", now_ms)
    await desk.receiver.run_once()
    ended = await say(desk, f"Bearer {desk.key}")
    assert (ended.status, ended.challenge) == (401, INVALID)
    assert "This key has ended: `python -m engine bots keys edit @" in ended.error
    status, said = await desk.post("payments", PAID, bot=desk.other.id)
    assert (status, "There is no such bot" in said["error"]) == (401, True)
    await api_keys.edit(desk.pool, desk.bot.username, "main", Change("test", now_ms), None, "90d")
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID))[0] == 200


async def test_a_key_ends_between_two_turns(desk: Desk) -> None:
    now_ms = await server_now_ms(desk.client)
    await desk.pool.execute("UPDATE api_keys SET expires_at = $1", now_ms + 300)
    await desk.receiver.run_once()
    async with asyncio.timeout(30):
        while (await desk.post("payments", PAID))[0] == 200:  # noqa: ASYNC110 - the end of the key is the signal
            await asyncio.sleep(0.02)
    assert await server_now_ms(desk.client) >= now_ms + 300
    assert "has ended" in (await say(desk, f"Bearer {desk.key}")).error


async def test_the_last_use_is_written_behind_the_requests_once_a_minute(desk: Desk) -> None:
    ring = desk.receiver._keys
    began_ms = await server_now_ms(desk.client)
    await desk.post("payments", PAID)
    await desk.post("payments", PAID, key=compose("0" * RANDOM))
    await desk.receiver.run_once()
    assert await _used(desk) is None
    ring._written_at -= WRITE_S
    await desk.receiver.run_once()
    used_ms = await _used(desk)
    assert used_ms is not None
    assert began_ms - 1_000 <= used_ms <= await server_now_ms(desk.client)
    ring._written_at -= WRITE_S
    await desk.receiver.run_once()
    assert await _used(desk) == used_ms


async def test_a_use_that_postgresql_did_not_take_is_kept(desk: Desk) -> None:
    ring = desk.receiver._keys
    await desk.post("payments", PAID)
    async with missing_table(desk.pool, "api_keys"):
        await ring.close()
    await ring.close()
    assert await _used(desk) is not None


async def _used(desk: Desk) -> int | None:
    (key,) = await api_keys.listed(desk.pool, desk.bot.username)
    return key.last_used_at_ms

"""The HTTP API: answered when the effect stands, safe to repeat, and every error a sentence that names the mend."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from engine.administration import api_keys
from engine.chats.endings import Endings
from engine.core.api_key import RANDOM, compose
from engine.receiver.http import bots_api
from engine.receiver.http.at_once import AtOnce
from engine.receiver.http.bots_api import BODY, MOST, _too_many
from engine.receiver.http.key_limits import KeyLimits, Limit
from storage.postgres.incidents import API_OVERLOAD
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.missing_table import missing_table
from tests.receiver.http.desk import CHANGE, CHAT, PAID, Desk

NOWHERE = "redis://127.0.0.1:1/0"


async def test_a_payment_is_recorded_once_and_a_refund_is_final(desk: Desk) -> None:
    recorded = {"recorded": True, "known_chat": False, "status": "paid"}
    assert await desk.post("payments", PAID) == (200, recorded)
    assert await desk.post("payments", PAID) == (200, recorded)
    refunded = {"recorded": True, "known_chat": False, "status": "refunded"}
    assert await desk.post("payments", {**PAID, "status": "refunded"}) == (200, refunded)
    assert await desk.post("payments", PAID) == (200, refunded)
    assert await desk.payments() == [("order 7", CHAT, 4990, "BRL", "refunded")]


@pytest.mark.parametrize("error", [ConnectionResetError, ConnectionRefusedError, BrokenPipeError, OSError])
async def test_what_meets_a_failure_of_the_network_is_not_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    async def fail(*_: object) -> None:
        raise error("a socket of ours")

    with monkeypatch.context() as failing:
        failing.setattr(Endings, "pay", fail)
        await desk.refused(503, "payments", PAID, "repeat the request, which is safe")
    assert (await desk.post("payments", PAID))[0] == 200


async def test_a_payment_ends_the_silence_before_it_is_answered_and_is_no_touch(desk: Desk) -> None:
    await desk.start(CHAT)
    await desk.post("activity", {"chat_id": CHAT})
    await desk.receiver.activity.flush()
    seen: int = await desk.pool.fetchval("SELECT last_active FROM chats")
    silent_ms = await server_now_ms(desk.client) - 5_000
    await desk.pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
        " VALUES ($1, $2, $3, 1, $3)",
        *(desk.bot.id, CHAT, silent_ms),
    )
    assert await desk.post("payments", PAID) == (200, {"recorded": True, "known_chat": True, "status": "paid"})
    row = await desk.pool.fetchrow("SELECT reason, paid_at > episode_id AS credited FROM recovery_episodes")
    assert row is not None
    assert tuple(row) == ("paid", True)
    assert not await desk.armed()
    await desk.receiver.activity.flush()
    assert await desk.pool.fetchval("SELECT last_active FROM chats") == seen


@pytest.mark.parametrize("paid_at", [1_790_000_000_123, "2026-09-21T14:13:20.123Z", "2026-09-21T11:13:20.123-03:00"])
async def test_a_payment_may_give_its_time(desk: Desk, paid_at: int | str) -> None:
    await desk.post("payments", {**PAID, "paid_at": paid_at})
    assert await desk.pool.fetchval("SELECT paid_at FROM payments") == 1_790_000_000_123


async def test_a_contradicting_payment_is_refused_and_changes_nothing(desk: Desk) -> None:
    await desk.post("payments", PAID)
    await desk.refused(409, "payments", {**PAID, "amount": 1, "status": "refunded"}, "an id of its own")
    assert await desk.payments() == [("order 7", CHAT, 4990, "BRL", "paid")]


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        ({"external_id": ""}, "give each payment its own"),
        ({"external_id": "x" * 201}, "give each payment its own"),
        ({"external_id": "a\x00b"}, "give each payment its own"),
        ({"chat_id": -100}, "give the user's own id"),
        ({"chat_id": "41"}, "$.chat_id"),
        ({"chat_id": 2**70}, "give the user's own id"),
        ({"amount": -1}, "smallest unit"),
        ({"amount": 49.9}, "$.amount"),
        ({"amount": True}, "$.amount"),
        ({"currency": "R$"}, "three letters"),
        ({"status": "open"}, "give paid or refunded"),
        ({"paid_at": 1_790_000_000}, "write milliseconds"),
        ({"paid_at": "2026-09-21 13:33"}, "has no zone"),
        ({"paid_at": "yesterday"}, "write milliseconds"),
        ({"paid": True}, "unknown field"),
    ],
)
async def test_a_wrong_field_is_named_with_its_mend(desk: Desk, wrong: dict[str, Any], mend: str) -> None:
    await desk.refused(422, "payments", {**PAID, **wrong}, mend)
    assert await desk.payments() == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"external_id": "\xed\xa0\x80"}'])
async def test_a_body_that_is_not_json_is_refused(desk: Desk, body: bytes) -> None:
    await desk.refused(400, "payments", body, "send one object in UTF-8")


ODD = {
    "half of a surrogate pair": rb'"\ud83d"',
    "not UTF-8": b'"\xff"',
    "nesting": b"[" * 20_000 + b"]" * 20_000,
    "no number": b"NaN",
    "a zero in front": b"01",
    "an exponent": b"1e3",
    "a fraction": b"1.0",
    "a huge number": b"9" * 400,
    "an absurdly huge number": b"9" * 5_000,
    "a raw line break": b'"a\n"',
    "nothing": b"",
    "a truth": b"true",
    "an object": b"{}",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_no_field_takes_an_odd_value(desk: Desk, odd: bytes) -> None:
    for name in PAID:
        body = msgspec.json.encode({**PAID, name: "@"}).replace(b'"@"', odd)
        assert (await desk.post("payments", body))[0] in (400, 422)
    for content in (
        {"chat_id": "@"},
        {"chat_id": 1, "at": "@"},
        {"activities": "@"},
        {"activities": [{"chat_id": "@"}]},
    ):
        body = msgspec.json.encode(content).replace(b'"@"', odd)
        assert (await desk.post("activity", body))[0] in (400, 422)
    assert await desk.payments() == []
    assert not await desk.armed(1)


async def test_a_body_is_bounded(desk: Desk) -> None:
    await desk.refused(413, "activity", b" " * (BODY + 1), "send less at once")


async def test_activity_is_a_touch_and_the_latest_of_a_chat_counts(desk: Desk) -> None:
    await desk.start(1, 2, 3)
    now_ms = await server_now_ms(desk.client)
    several = [{"chat_id": 1, "at": now_ms - 60_000}, {"chat_id": 1, "at": now_ms - 30_000}, {"chat_id": 2}]
    assert await desk.post("activity", {"activities": several}) == (200, {"taken": 2, "unknown": 0})
    assert await desk.post("activity", {"chat_id": 3, "at": now_ms - 90_000}) == (200, {"taken": 1, "unknown": 0})
    assert [await desk.armed(chat) for chat in (1, 2, 3)] == [True, True, True]
    await desk.receiver.activity.flush()
    rows = await desk.pool.fetch("SELECT last_active FROM chats ORDER BY chat_id")
    ends = [(now_ms - ago) // 1000 * 1000 + 999 for ago in (30_000, 90_000)]
    assert [rows[0]["last_active"], rows[2]["last_active"]] == ends
    assert rows[1]["last_active"] >= now_ms


async def test_people_who_have_not_started_the_bot_are_counted_and_begin_no_silence(desk: Desk) -> None:
    await desk.start(1)
    invented = [{"chat_id": chat} for chat in range(1, MOST + 1)]
    assert await desk.post("activity", {"activities": invented}) == (200, {"taken": 1, "unknown": MOST - 1})
    assert await desk.post("activity", {"chat_id": 2}) == (200, {"taken": 0, "unknown": 1})
    await desk.receiver.activity.flush()
    assert [await desk.armed(chat) for chat in (1, 2, MOST)] == [True, False, False]
    assert await desk.pool.fetchval("SELECT array_agg(chat_id) FROM chats") == [1]


async def test_a_key_that_asks_for_too_much_is_told_when_to_come_back(desk: Desk) -> None:
    clock = [0.0]
    limits = KeyLimits(lambda: clock[0], Limit("requests", 1, 3), Limit("activities", 2, 10))
    desk.receiver.api._limits = limits
    await desk.refused(429, "activity", {"activities": [{"chat_id": chat} for chat in range(1, 12)]}, "10 activities")
    for _ in range(2):
        assert (await desk.post("payments", PAID))[0] == 200
    await desk.refused(429, "payments", PAID, "3 requests at once and 1 a second")
    other = (await api_keys.add(desk.pool, desk.bot.username, "other", CHANGE)).reveal()
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID, key=other))[0] == 200
    clock[0] = 1.0
    assert (await desk.post("payments", PAID))[0] == 200
    assert desk.receiver.activity.overloads.take() == {(desk.bot.id, API_OVERLOAD): 2}


async def test_each_answer_tells_what_is_left(desk: Desk) -> None:
    desk.receiver.api._limits = KeyLimits(lambda: 0.0, Limit("requests", 1, 3), Limit("activities", 2, 10))
    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}/activity"
    bodies = [{"chat_id": 1}, {"activities": []}, {"chat_id": 1}, {"chat_id": 1}]
    told = []
    for body in bodies:
        async with desk.session.post(url, json=body, headers={"Authorization": f"Bearer {desk.key}"}) as response:
            told.append((response.status, response.headers["RateLimit"], response.headers.get("Retry-After")))
            assert response.headers["RateLimit-Policy"] == '"requests";q=3;w=3, "activities";q=10;w=5'
    assert told == [
        (200, '"requests";r=2;t=1, "activities";r=9;t=1', None),
        (422, '"requests";r=1;t=2, "activities";r=9;t=1', None),
        (200, '"requests";r=0;t=3, "activities";r=8;t=1', None),
        (429, '"requests";r=0;t=3, "activities";r=8;t=1', "1"),
    ]


async def test_a_bot_that_may_name_new_chats_does_so_up_to_a_number_a_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.pool.execute("UPDATE bots SET new_chats_by_api = true")
    await desk.receiver.run_once()
    assert await desk.post("activity", {"chat_id": 1}) == (200, {"taken": 1, "unknown": 0})
    monkeypatch.setattr(desk.receiver.api._activity, "_new_a_day", 3)
    several = [{"chat_id": chat} for chat in range(1, 8)]
    await desk.refused(429, "activity", {"activities": several}, "so 4 of these are not taken")
    assert [await desk.armed(chat) for chat in range(1, 8)] == [True] * 3 + [False] * 4
    assert await desk.post("activity", {"activities": several[:3]}) == (200, {"taken": 3, "unknown": 0})
    await desk.refused(429, "activity", {"activities": several}, "so 4 of these are not taken")


async def test_a_bot_that_may_name_new_chats_wakes_nobody_who_blocked_it(desk: Desk) -> None:
    """Neither somebody who had started it, nor somebody whom it could never write to."""
    await desk.pool.execute("UPDATE bots SET new_chats_by_api = true")
    await desk.receiver.run_once()
    await desk.start(1)
    for chat in (1, 2):
        await desk.receiver._endings.lose(desk.bot.id, chat, 0)
    several = [{"chat_id": chat} for chat in (1, 2, 3)]
    assert await desk.post("activity", {"activities": several}) == (200, {"taken": 1, "unknown": 2})
    await desk.receiver.activity.flush()
    assert [await desk.armed(chat) for chat in (1, 2, 3)] == [False, False, True]
    lost = await desk.pool.fetch("SELECT chat_id FROM chats WHERE unreachable_since IS NOT NULL ORDER BY chat_id")
    assert [row["chat_id"] for row in lost] == [1, 2]


async def test_what_one_refusal_says_of_a_key_stands_in_no_other_answer(desk: Desk) -> None:
    desk.receiver.api._at_once = AtOnce(_too_many, most=0)
    await desk.refused(429, "payments", PAID, "under way at once")
    desk.receiver._started = False
    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}"
    async with desk.session.get(url) as response:
        assert (response.status, response.headers.get("RateLimit")) == (503, None)


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        ({}, "one chat_id, or activities"),
        ({"activities": []}, "one chat_id, or activities"),
        ({"chat_id": 1, "activities": [{"chat_id": 2}]}, "one chat_id, or activities"),
        ({"activities": [{"chat_id": 1}] * (MOST + 1)}, "activities"),
        ({"activities": [{"chat_id": 1}, {"chat_id": 0}]}, "give the user's own id"),
        ({"chat_id": 1, "at": 5}, "write milliseconds"),
    ],
)
async def test_wrong_activity_touches_nobody(desk: Desk, content: Any, mend: str) -> None:
    await desk.refused(422, "activity", content, mend)
    assert not await desk.armed(1)


async def test_only_the_receiver_confirms_its_own_feed(desk: Desk) -> None:
    await desk.refused(409, "feed", {"upto_ms": 1}, "leave the heartbeat out")
    await desk.refused(409, "feed", b"", "leave the heartbeat out")
    await desk.refused(422, "feed", {"upto_ms": "now"}, "$.upto_ms")


async def test_a_bot_that_is_suspended_takes_payments_and_no_activity(desk: Desk) -> None:
    await desk.start(CHAT)
    await desk.post("activity", {"chat_id": CHAT})
    await desk.pool.execute("UPDATE bots SET status = 'suspended'")
    await desk.receiver.run_once()
    await desk.refused(409, "activity", {"chat_id": CHAT}, "give it a new token")
    assert await desk.armed()
    assert (await desk.post("payments", PAID))[0] == 200


async def test_an_unknown_bot_and_a_wrong_key_get_the_same_answer(desk: Desk) -> None:
    revoked = (await api_keys.add(desk.pool, desk.bot.username, "revoked", CHANGE)).reveal()
    await api_keys.revoke(desk.pool, desk.bot.username, "revoked", CHANGE)
    await desk.receiver.run_once()
    said = [
        await desk.post("payments", PAID, bot=1),
        await desk.post("payments", PAID, bot=desk.other.id),
        await desk.post("payments", PAID, key=compose("0" * RANDOM)),
        await desk.post("payments", PAID, key="rk_" + "x" * 43),
        await desk.post("payments", PAID, key=revoked),
    ]
    assert {status for status, _ in said} == {401}
    assert len({one["error"] for _, one in said}) == 1
    assert await desk.payments() == []


async def test_a_revoked_key_is_void_and_a_second_one_is_not(desk: Desk) -> None:
    second = (await api_keys.add(desk.pool, desk.bot.username, "second", CHANGE)).reveal()
    await api_keys.revoke(desk.pool, desk.bot.username, "main", CHANGE)
    await desk.receiver.run_once()
    assert (await desk.post("payments", PAID))[0] == 401
    assert (await desk.post("payments", PAID, key=second))[0] == 200


async def test_a_request_that_a_database_did_not_take_is_to_be_repeated(desk: Desk) -> None:
    async with missing_table(desk.pool, "payments"):
        await desk.refused(503, "payments", PAID, "repeat the request")
    lost = open_redis(NOWHERE)
    there, desk.receiver._endings.timers._client = desk.receiver._endings.timers._client, lost
    await desk.refused(503, "payments", PAID, "repeat the request")
    desk.receiver._endings.timers._client = there
    await lost.aclose()
    assert (await desk.post("payments", PAID))[0] == 200


async def test_a_starting_receiver_says_so(desk: Desk) -> None:
    desk.receiver._started = False
    await desk.refused(503, "payments", PAID, "The receiver is starting")


async def test_a_body_that_never_ends_holds_nothing_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots_api, "TAKE_S", 0.1)

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    url = f"{desk.settings.public_url}/v1/bots/{desk.bot.id}/payments"
    headers = {"Authorization": f"Bearer {desk.key}"}
    async with desk.session.post(url, data=drip(), headers=headers) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "1"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/bots/1/payments"), ("POST", "/v1/bots"), ("PUT", "/v1/x")])
async def test_an_unknown_address_is_refused_with_the_known_ones(desk: Desk, method: str, path: str) -> None:
    async with desk.session.request(method, f"{desk.settings.public_url}{path}") as response:
        assert (response.status, "POST to /v1/bots/<id>/payments" in await response.text()) == (404, True)

"""An outcome in hand is not thrown away: whatever fails between Telegram's answer and the last write, it is told again.

The servers are real, at the end of cables that a test cuts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import asyncpg
import pytest
from structlog.testing import capture_logs

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.outcome import (
    FileRefused,
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    Unauthorized,
    Unknown,
    Unreachable,
    not_sent,
)
from engine.core.errors import RefusedError, UnreachableError
from engine.local.servers.servers import LocalServers
from engine.poller import lane
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report
from storage.redis.timer_values import ClaimCode
from tests.poller.far_servers import BOT, FarServers

DOWN: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


class Expected(NamedTuple):
    """Of the first block, and of what follows it; `attempts` that are spent."""

    statuses: list[str]
    reason: str | None
    attempts: int


OUTCOMES: Final[dict[int, tuple[Outcome, Expected]]] = {
    1: (Sent((99, 100)), Expected(["sent", "scheduled"], None, 1)),
    2: (RetryLater(1, bot_wide=True), Expected(["scheduled"], None, 0)),
    3: (Unreachable(), Expected(["failed"], "unreachable", 1)),
    4: (Rejected("can't parse entities"), Expected(["failed", "scheduled"], "refused", 1)),
    5: (not_sent(attempts=1), Expected(["scheduled"], None, 1)),
    6: (Unknown("timeout"), Expected(["unknown", "scheduled"], None, 1)),
    7: (FileRefused("wrong file identifier"), Expected(["scheduled"], None, 1)),
    8: (Unauthorized(), Expected(["scheduled"], None, 0)),
}


async def _cut(far: FarServers, _servers: LocalServers) -> Callable[[], Awaitable[object]]:
    far.postgres_cable.cut()

    async def mend() -> None:
        far.postgres_cable.mend()

    return mend


async def _hold(far: FarServers, _servers: LocalServers) -> Callable[[], Awaitable[object]]:
    """It takes connections, and says nothing."""
    far.postgres_cable.hold()

    async def flow() -> None:
        far.postgres_cable.flow()

    return flow


async def _shut_down(far: FarServers, servers: LocalServers) -> Callable[[], Awaitable[object]]:
    """What a server does that is shut down at once, for one database: it breaks off, and refuses to be reached."""
    name = await far.pool.fetchval("SELECT current_database()")
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute(DOWN, name)

    async def start() -> None:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()

    return start


@pytest.mark.parametrize("breaks", [_cut, _hold, _shut_down])
async def test_no_outcome_is_lost_when_postgresql_fails_between_answer_and_report(
    far: FarServers, servers: LocalServers, breaks: Callable[..., Awaitable[Callable[[], Awaitable[object]]]]
) -> None:
    await far.asked(*OUTCOMES)
    starts = await breaks(far, servers)
    far.answer({chat: outcome for chat, (outcome, _) in OUTCOMES.items()})
    await far.failed()
    await starts()
    await far.finish()
    for chat, (_, expected) in OUTCOMES.items():
        first, *_ = rows = await far.rows(chat)
        assert Expected([row["status"] for row in rows], first["reason"], first["attempts"]) == expected, chat
        state = await far.state(chat)
        assert (state is None) == (chat == 3), chat
        assert state is None or not state.marked, chat
    assert (await far.rows(1))[0]["message_ids"] == [99, 100]
    assert await far.held_until_ms() > 0
    assert await far.pool.fetchval("SELECT reason FROM recovery_episodes WHERE chat_id = 3") == "unreachable"
    assert await far.pool.fetchval("SELECT unreachable_since FROM chats WHERE chat_id = 3")
    assert await far.pool.fetchval("SELECT count(*) FROM incidents WHERE kind = 'block_refused'") == 1
    assert far.lane.suspected == far.catalogue.bots[BOT].sealed_token
    assert sorted(far.telegram.asked) == sorted(OUTCOMES)


async def test_what_surely_never_left_is_sent_after_all(far: FarServers) -> None:
    await far.asked(1)
    far.postgres_cable.cut()
    far.answer({1: RetryLater(1, bot_wide=True)})
    await far.failed()
    far.postgres_cable.mend()
    await far.finish()
    far.telegram.outcomes = {}
    assert (await far.turn()).code in (ClaimCode.CLAIMED, ClaimCode.HELD)
    async with asyncio.timeout(20):
        while await far.statuses(1) != ["sent", "scheduled"]:
            await far.turn()
            await asyncio.sleep(0.001)


async def test_a_lane_claims_nothing_while_an_outcome_waits_and_goes_on_afterwards(far: FarServers) -> None:
    await far.asked(1)
    await far.arm(2, 3)
    far.postgres_cable.cut()
    far.answer({})
    await far.failed()
    turns = [await far.turn() for _ in range(3)]
    assert [turn.code for turn in turns] == [None, None, None]
    far.postgres_cable.mend()
    await far.finish()
    assert await far.statuses(1) == ["sent", "scheduled"]
    assert (await far.turn()).claimed == 2


async def test_a_lane_claims_nothing_while_postgresql_cannot_be_read(far: FarServers) -> None:
    await far.arm(1)
    far.postgres_cable.cut()
    with pytest.raises(UnreachableError):
        await far.catalogue.refresh()
    assert (await far.turn()).code is None
    far.postgres_cable.mend()
    await far.catalogue.refresh()
    assert (await far.turn()).claimed == 1


async def test_a_claim_that_postgresql_left_without_an_answer_is_made_again_and_sends_once(
    far: FarServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may also have taken the first one, late."""
    monkeypatch.setattr(lane, "LEASE_MS", 200)
    await far.arm(1, 2)
    far.postgres_cable.hold()
    assert (await far.turn()).claimed == 2
    await far.failed(1)
    with pytest.raises(UnreachableError):
        await far.catalogue.refresh()
    assert (await far.turn()).code is None
    far.postgres_cable.flow()
    await far.catalogue.refresh()
    far.answer({})
    async with asyncio.timeout(20):
        while [await far.statuses(chat) for chat in (1, 2)] != [["sent", "scheduled"]] * 2:
            await far.turn()
            await asyncio.sleep(0.001)
    assert sorted(far.telegram.asked) == [1, 2]


async def test_the_next_deadline_is_set_when_redis_is_back(far: FarServers) -> None:
    await far.asked(1)
    far.doors.before_settle = far.redis_cable.cut
    far.answer({})
    await far.failed()
    assert await far.statuses(1) == ["sent", "scheduled"]
    far.doors.before_settle = lambda: None
    far.redis_cable.mend()
    await far.finish()
    state = await far.state(1)
    assert state
    assert (state.marked, state.due_ms) == (False, (await far.rows(1))[1]["due_at"])


async def test_a_hold_that_redis_does_not_take_costs_no_delivery_its_place(far: FarServers) -> None:
    """PostgreSQL knows of the refusal first; then Redis of the hold, as of the answer, and of the deadline."""
    await far.asked(1)
    far.redis_cable.cut()
    answered_ms = far.clock.now_ms()
    far.answer({1: RetryLater(60_000, bot_wide=True)})
    await far.failed()
    assert await far.statuses(1) == ["scheduled"]
    told_ms = far.clock.now_ms()
    far.redis_cable.mend()
    await far.finish()
    assert answered_ms <= await far.held_until_ms() - 60_000 <= told_ms
    state = await far.state(1)
    assert state
    assert (state.marked, state.due_ms) == (False, (await far.rows(1))[0]["due_at"])


@pytest.mark.parametrize("lost", ["the question", "the answer"])
async def test_a_last_look_without_an_answer_sends_nothing_and_loses_nothing(far: FarServers, lost: str) -> None:
    """Redis may have marked the chat as on the wire; it is known that nothing left."""

    def is_cut() -> None:
        far.redis_cable.cut()

    def is_lost() -> None:
        far.doors.after_pass = lambda: None
        raise UnreachableError("the answer is lost")

    far.telegram.go.set()
    if lost == "the question":
        far.doors.before_pass = is_cut
    else:
        far.doors.after_pass = is_lost
    await far.arm(1)
    assert (await far.turn()).claimed == 1
    await far.failed(2 if lost == "the question" else 1)
    far.doors.before_pass = lambda: None
    far.redis_cable.mend()
    await far.finish()
    assert far.telegram.asked == []
    (row,) = await far.rows(1)
    assert (row["status"], row["attempts"]) == ("scheduled", 0)
    assert (await far.turn()).claimed == 1
    await far.finish()
    assert (await far.statuses(1), far.telegram.asked) == (["sent", "scheduled"], [1])


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [(Sent((99,)), "sent"), (Rejected("no"), "failed"), (RetryLater(1, bot_wide=True), "unknown")],
)
async def test_facts_are_recorded_even_if_the_lease_was_lost_meanwhile(
    far: FarServers, outcome: Outcome, becomes: str
) -> None:
    """Whoever claims a chat that is marked gives the delivery up. A wish comes too late then."""
    await far.asked(1)
    far.postgres_cable.cut()
    far.answer({1: outcome})
    await far.failed()
    (row,) = await far.rows(1)
    at = Cursor(row["episode_id"], 0, "a", "one", 0)
    await claim_deliveries(
        far.pool,
        [Claiming(BOT, 1, at, row["version"] + 1, 1, marked=True, wish=True, skip_paid=True)],
        far.clock.now_ms(),
    )
    assert await far.statuses(1) == ["unknown"]
    far.postgres_cable.mend()
    await far.finish()
    assert (await far.statuses(1))[0] == becomes


async def test_a_report_that_postgresql_refuses_fails_alone(far: FarServers) -> None:
    await far.asked(1, 2, 3)
    rows = {chat: (await far.rows(chat))[0] for chat in (1, 2, 3)}
    reports = [
        Report(BOT, chat, Cursor(row["episode_id"], 0, "a", "one", 1), row["version"], "sent", fact=True)
        for chat, row in rows.items()
    ]
    reports[1] = reports[1]._replace(status="nonsense")
    told = await asyncio.gather(*map(far.doors.report, reports), return_exceptions=True)
    assert [await far.statuses(chat) for chat in (1, 2, 3)] == [["sent"], ["sending"], ["sent"]]
    assert [isinstance(one, RefusedError) for one in told] == [False, True, False]


async def test_an_outcome_that_nobody_took_before_the_process_ends_is_in_the_log(far: FarServers) -> None:
    await far.asked(1)
    far.postgres_cable.cut()
    far.answer({})
    await far.failed()
    with capture_logs() as said:
        finishing = asyncio.create_task(far.lane.finish())
        await asyncio.sleep(0)
        finishing.cancel()
        await asyncio.wait([finishing])
        await far.until(lambda: not far.lane._journeys)
    assert [line["event"] for line in said if line["log_level"] == "error"] == [
        "Outcome not recorded before the process ended"
    ]
    assert await far.statuses(1) == ["sending"]

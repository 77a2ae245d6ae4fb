"""Faults of the receivers and of the doors to the servers: what is acknowledged, confirmed and repeated, and when."""

from typing import Final

from bench.questions.mutants.mutant import Mutant

_POLL: Final = "engine/receiver/polling_feed.py"
_BEFORE: Final = "        report_bad(self._log, answer.bad)\n"
_ACKNOWLEDGE: Final = "        self._offset = 0 if answer.last_id is None else answer.last_id + 1\n"


def _receiver(name: str) -> tuple[str, ...]:
    return (f"tests/receiver/test_receiver.py::test_{name}",)


MUTANTS: Final = (
    Mutant(
        "confirm-before-the-touches",
        "a time is confirmed of which an update is still in hand: silence is invented",
        _POLL,
        _BEFORE,
        f"{_BEFORE}        await self._effects.activity.confirm(self._bot_id, self._holding(), began_ms)\n",
        _receiver("a_poll_whose_effects_did_not_stand_confirms_nothing"),
    ),
    Mutant(
        "acknowledge-before-the-effects",
        "at most once: an update whose payment was not recorded never comes again",
        _POLL,
        _BEFORE,
        f"{_BEFORE}{_ACKNOWLEDGE}",
        _receiver("a_payment_that_postgres_did_not_take_is_not_acknowledged"),
    ),
    Mutant(
        "backlog-confirmed",
        "after an outage silence is judged before the answers of the meantime have come in",
        _POLL,
        "if more or holding is None or holding != self._heard_as:",
        "if holding is None or holding != self._heard_as:",
        _receiver("a_backlog_is_taken_in_before_the_feed_is_confirmed"),
    ),
    Mutant(
        "touches-not-repeated",
        "a failover drops the last second, and nobody tells Redis again",
        "engine/receiver/feed_ownership.py",
        "            failed = await self._activity.repeat()\n",
        "            failed: frozenset[int] = frozenset()\n",
        ("tests/receiver/test_feed_ownership.py::test_an_emptied_redis_gets_the_last_touches_before_any_confirmation",),
    ),
    Mutant(
        "repetition-counts-as-now",
        "what is repeated would put every reminder off",
        "engine/chats/activity.py",
        "self._recent.keep(bot_id, seen, ",
        "self._recent.keep(bot_id, [one.sign for one in several], ",
        ("tests/chats/test_activity.py::test_repeating_known_touches_changes_nothing",),
    ),
    Mutant(
        "unwritten-activity-dropped",
        "PostgreSQL is away for a moment, and the returns of that moment are forgotten",
        "engine/chats/activity.py",
        "            for life in lives:\n                self._waiting.put(life)\n            raise\n",
        "            raise\n",
        ("tests/chats/test_activity.py::test_writes_that_postgresql_refuses_keep_waiting",),
    ),
    Mutant(
        "client-clock",
        "BullMQ, asynq and most others: each process decides by its own clock what is due",
        "storage/redis/server_clock.py",
        "    return 0\n",
        "    import time\n\n    return time.time_ns() // 1000 + 3_600_000_000\n",
        ("tests/storage/redis/test_timers.py::test_in_production_the_servers_clock_decides",),
    ),
    Mutant(
        "script-forgotten-in-a-pipeline",
        "after a restart of Redis every pipelined call fails for hours, while the health check is green",
        "storage/redis/scripts.py",
        "        if unknown:\n",
        "        if unknown and len(calls) == 1:\n",
        ("tests/lua/test_take_ownership.py::test_many_are_taken_in_one_call_even_if_the_server_forgot_the_script",),
    ),
    Mutant(
        "claim-larger-than-a-batch",
        "a limit that only the caller keeps",
        "storage/redis/timers.py",
        "min(claim.limit, BATCH)",
        "claim.limit",
        ("tests/lua/test_claim_due.py::test_no_claim_takes_more_than_a_batch",),
    ),
    Mutant(
        "evicting-redis-accepted",
        "Redis under memory pressure drops timers, and nobody is told",
        "storage/redis/client.py",
        'if policy != "noeviction":',
        'if policy == "":',
        ("tests/storage/redis/test_client.py::test_a_server_that_may_evict_is_refused_with_the_mend",),
    ),
    Mutant(
        "answer-of-a-cancelled-call",
        "redis-py: a cancelled call leaves its answer in the connection, and the next caller reads it",
        "storage/redis/round_trip.py",
        "return await connection.read_response()",
        "return await connection.read_response(disconnect_on_error=False)",
        (
            "tests/storage/redis/test_silent_server.py::test_a_cancelled_call_ends_as_cancelled_and_leaves_nothing_behind",
        ),
    ),
)

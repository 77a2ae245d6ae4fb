"""Faults of the pollers: lanes, journeys, shards, rebuilds, and the loops that run them."""

from typing import Final

from bench.questions.mutants.mutant import Mutant

_LANE: Final = "engine/poller/lane.py"
_SEND: Final = "engine/poller/send_block.py"
_STORIES: Final = "tests/model/test_mutants.py::test_a_story_keeps_every_promise"
_PAY: Final = "        await journey.permit.pay(messages(content) - 1)\n"
_LOOK: Final = "        if not await _passes(journey, claimed):\n            return JourneyEnd.WAITING\n"
_REPORT: Final = "    reported = await journey.report(found, next=following.cursor, **onward, **report)\n"
_SETTLE: Final = "    await journey.settle(following.cursor, following.wake_ms, urgent=following.urgent)\n"
_PAGES: Final = """\
    restored, pauses = 0, await pauses_of(pool, bot_id)
    async for page in _pages(pool, bot_id, activated_at_ms):
        restored +="""
_GENERATION: Final = (
    "    await bot_state.set_generation(client, bot_id, await server_clock.server_now_ms(client), run)\n"
)


def _tests(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/poller/test_{file}.py::test_{name}" for name in names)


MUTANTS: Final = (
    Mutant(
        "lease-not-renewed",
        "Celery, asynq: work that takes longer than its lease is given to another worker",
        _LANE,
        "partial(operator.not_, self._journeys)",
        "partial(bool, self._journeys)",
        _tests("lane_failures", "leases_are_renewed_while_work_is_in_flight"),
    ),
    Mutant(
        "claim-ahead-of-the-pace",
        "Sidekiq: two million overdue jobs were popped at once, and died with the process",
        _LANE,
        "wanted = self._room(bot, bucket)",
        "wanted = AT_ONCE",
        _tests("lane_pace", "a_lane_starts_with_an_empty_bucket_and_claims_what_its_pace_allows"),
    ),
    Mutant(
        "wake-up-trusted",
        "Redisson, BullMQ: a wake-up that is lost is the last one, and nothing is ever claimed again",
        _LANE,
        "wait_ms = min(threshold_ms, LONGEST_SLEEP_S * 1000)",
        "wait_ms = 86_400_000.0",
        _tests("lane_sleep", "a_lane_looks_again_without_being_woken"),
    ),
    Mutant(
        "deadline-behind-the-reader",
        "Cadence: a timer that is created behind the reader's position is read late",
        _LANE,
        "note_due=self._note_due",
        "note_due=lambda _: None",
        _tests("lane_sleep", "a_deadline_that_a_journey_sets_wakes_the_lane_at_its_moment"),
    ),
    Mutant(
        "lane-ignores-the-clocks",
        "dues of one clock, facts of another",
        _LANE,
        "self._catalogue.clocks_apart",
        "False",
        _tests("lane_shut", "a_shut_lane_claims_nothing_and_the_timers_stay"),
    ),
    Mutant(
        "clocks-compared-one-way",
        "only one of the two clocks may be ahead unnoticed",
        "engine/poller/poller.py",
        "self._catalogue.clocks_apart = abs(",
        "self._catalogue.clocks_apart = (",
        _tests("poller", "clocks_that_differ_either_way_shut_the_lanes"),
    ),
    Mutant(
        "fence-ignored",
        "RedBeat: a leader that has lost its lock goes on",
        _LANE,
        "self._tenure.fenced_by(claimed.nearest_due_ms)",
        "self._stale = False",
        _tests("lane_shut", "a_fenced_claim_takes_nothing_and_reports_the_higher_epoch"),
    ),
    Mutant(
        "own-journey-forgotten",
        "a failover drops the mark of a send that this very process has on the wire",
        _LANE,
        "marked=held.marked or held.chat_id in under_way",
        "marked=held.marked",
        _tests("lane_failures", "a_chat_claimed_again_while_its_journey_is_under_way_may_be_on_the_wire"),
    ),
    Mutant(
        "failed-turn-ends-the-loop",
        "Bull, Sidekiq: one failed call of the scheduler was its last",
        "engine/runtime/service.py",
        "        log().warning(failure, error=error)\n",
        "        log().warning(failure, error=error)\n        raise\n",
        ("tests/runtime/test_service.py::test_a_known_failure_is_one_warning_and_the_loop_goes_on",),
    ),
    Mutant(
        "last-look-before-the-pace",
        "a person answers while the message waits its turn",
        _SEND,
        _PAY + _LOOK,
        _LOOK + _PAY,
        _tests("send_block", "the_last_look_comes_after_every_wait"),
    ),
    Mutant(
        "no-last-look",
        "arq: what was decided when the job was read still counts when it runs",
        _SEND,
        _LOOK,
        "",
        (*_tests("send_block", "the_last_look_comes_after_every_wait"), _STORIES),
    ),
    Mutant(
        "stale-look-counts",
        "a process that was stopped after its last look sends by it when it wakes up",
        _SEND,
        "journey.clock.now_ms() - looked_ms > PASS_HOLDS_MS",
        "journey.clock.now_ms() < looked_ms",
        ("tests/flows/test_stalls.py::test_a_stall_between_the_last_look_and_the_request_prevents_the_send",),
    ),
    Mutant(
        "outcome-thrown-away",
        "a 200 whose report meets a database that restarts: nobody knows any more that the message was sent",
        "engine/poller/journey.py",
        "        if not self.has_claimed:\n            return await write()\n",
        "        return await write()\n",
        _tests("outcomes", "no_outcome_is_lost_when_postgresql_fails_between_answer_and_report"),
    ),
    Mutant(
        "refusal-spends-an-attempt",
        "after five 429 of the whole bot a delivery would count as failed that never left",
        _SEND,
        "spent=False, held_until_ms=journey.hold(after_ms)",
        "spent=True, held_until_ms=journey.hold(after_ms)",
        ("tests/flows/test_stories.py::test_a_429_holds_the_lane_and_spends_no_attempt",),
    ),
    Mutant(
        "reap-what-is-held",
        "BullMQ: a job that takes long counts as stalled while its worker is at it",
        "engine/poller/reaper.py",
        " if version != row.version]",
        "]",
        _tests("reaper", "what_is_still_held_hides_nothing_that_nobody_holds"),
    ),
    Mutant(
        "redis-first",
        "a crash between the two writes: Redis has gone on, and nobody knows that the message was sent",
        "engine/poller/advance.py",
        _REPORT,
        _SETTLE + _REPORT,
        (_STORIES,),
    ),
    Mutant(
        "episode-of-the-moment",
        "sidekiq-unique-jobs: an id that is made at the claim is another one at the next claim",
        "engine/poller/begin_episode.py",
        "        cursor.episode_id,\n        held.version,",
        "        journey.clock.now_ms(),\n        held.version,",
        (_STORIES,),
    ),
    Mutant(
        "rebuild-declares-first",
        "timers that are still missing count as whole, and nobody looks for them any more",
        "engine/poller/rebuild.py",
        _PAGES,
        _GENERATION + _PAGES,
        _tests("rebuild", "a_rebuild_that_breaks_off_leaves_the_timers_lost"),
    ),
    Mutant(
        "reshard-under-the-old-epoch",
        "after a change of the number of shards two pollers claim for one bot",
        "engine/poller/shard.py",
        "floor = max(layout.stamp, self._floor)",
        "floor = self._floor",
        _tests("shard", "under_a_new_number_of_shards_no_old_epoch_is_used"),
    ),
    Mutant(
        "fenced-for-ever",
        "a clock that was put back: the holder of the shard never gets above the epoch that fenced it",
        "engine/poller/shard.py",
        "self._floor = max(self._floor, epoch + 1)",
        "self._floor = max(self._floor, 0)",
        _tests("shard", "a_fenced_owner_looks_again_and_rises_above_the_epoch_that_fenced_it"),
    ),
    Mutant(
        "no-answer-is-a-refusal",
        "an outage of Telegram would suspend every bot",
        "engine/poller/token_suspicion.py",
        "is not False:",
        "is True:",
        ("tests/flows/test_stories.py::test_an_unconfirmed_refusal_of_a_token_suspends_no_bot",),
    ),
    Mutant(
        "replan-believes-redis-moved",
        "the row would have a due that the timer never gets",
        "engine/poller/replanner.py",
        " if code is not Moved.ELSEWHERE]",
        " if code is not None]",
        _tests("replanner", "a_claimed_chat_is_moved_later"),
    ),
)

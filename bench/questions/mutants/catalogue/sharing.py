"""Faults of what a whole bot, shard or feed has in Redis: epochs, holds, runs, watermarks."""

from typing import Final

from bench.questions.mutants.mutant import Mutant

_LOST: Final = "if not is_whole(bot[1], bot[5]) then return {1, now, -1, ''} end"
_OF_OTHERS: Final = "if owner and owner ~= '-' and owner ~= ARGV[2] then return {0, epoch} end"


def _tests(script: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/lua/test_{script}.py::test_{name}" for name in names)


MUTANTS: Final = (
    Mutant(
        "claim-beyond-the-watermark",
        "a dead feed looks like a thousand silent users",
        "lua/claim_due.lua",
        "local since = ",
        "horizon = now\nlocal since = ",
        _tests("claim_due", "nothing_later_than_the_watermark_and_its_slack_is_claimed"),
    ),
    Mutant(
        "claim-from-a-dead-feed-what-was-due-before",
        "a herd goes on leaving while nobody hears the answers to it",
        "lua/claim_due.lua",
        " or now > watermark + tonumber(ARGV[7])",
        "",
        _tests("claim_due", "a_dead_feed_soon_holds_what_fell_due_before_it_died"),
    ),
    Mutant(
        "claim-from-an-emptied-server",
        "arq, Sidekiq: after a loss of Redis the rest of the queue goes on as if it were whole",
        "lua/claim_due.lua",
        _LOST,
        "",
        _tests("claim_due", "timers_that_may_be_lost_are_not_claimed"),
    ),
    Mutant(
        "claim-in-another-run",
        "a failover drops acknowledged writes: touches and marks of the last second",
        "lua/claim_due.lua",
        "is_whole(bot[1], bot[5])",
        "bot[1]",
        _tests("claim_due", "timers_of_another_run_of_the_server_are_lost"),
    ),
    Mutant(
        "pass-on-an-emptied-server",
        "a message that waits for its turn leaves although its person has written to the server that was lost",
        "lua/pass_fence.lua",
        "whole and bot[1] == ARGV[i + 2]",
        "(not bot[1] or whole and bot[1] == ARGV[i + 2])",
        _tests("pass_fence", "nothing_passes_without_a_generation"),
    ),
    Mutant(
        "pass-after-a-rebuild",
        "a message claimed before the rebuild of timers that lack a touch: its version still stands there",
        "lua/pass_fence.lua",
        "whole and bot[1] == ARGV[i + 2]",
        "whole",
        _tests("pass_fence", "what_was_claimed_before_a_rebuild_does_not_pass_after_it"),
    ),
    Mutant(
        "pass-in-another-run",
        "a failover to a replica that lacks a touch: the version of before it still stands there",
        "lua/pass_fence.lua",
        "is_whole(bot[1], bot[2])",
        "bot[1]",
        _tests("pass_fence", "nothing_passes_in_another_run_of_the_server"),
    ),
    Mutant(
        "claim-unfenced",
        "RedBeat: two leaders after a failover, and every task twice",
        "lua/claim_due.lua",
        "if bot[2] and tonumber(bot[2]) > epoch then return {2, now, tonumber(bot[2]), bot[1]} end",
        "",
        _tests("claim_due", "an_older_epoch_is_fenced"),
    ),
    Mutant(
        "claim-leaves-no-epoch",
        "a successor that claims first does not fence its predecessor",
        "lua/claim_due.lua",
        "if not bot[2] or tonumber(bot[2]) < epoch then redis.call('HSET', KEYS[3], 'epoch', ARGV[4]) end",
        "",
        _tests("claim_due", "a_higher_epoch_is_written_down"),
    ),
    Mutant(
        "claim-under-a-hold",
        "a successor that does not know of a 429 gets the next one",
        "lua/claim_due.lua",
        "bot[4] and tonumber(bot[4]) > now",
        "false",
        _tests("claim_due", "a_held_bot_says_until_when"),
    ),
    Mutant(
        "confirm-by-anybody",
        "a receiver that stood still during a takeover would confirm a time of which it knows nothing",
        "lua/confirm_feed.lua",
        "redis.call('GET', KEYS[2]) ~= ARGV[2] or (run and run ~= ARGV[3])",
        "(run and run ~= ARGV[3])",
        _tests("confirm_feed", "nobody_but_the_holder_of_the_feed_confirms_it"),
    ),
    Mutant(
        "confirm-in-another-run",
        "the server may have dropped the touches on which the confirmation rests",
        "lua/confirm_feed.lua",
        "redis.call('GET', KEYS[2]) ~= ARGV[2] or (run and run ~= ARGV[3])",
        "redis.call('GET', KEYS[2]) ~= ARGV[2]",
        ("tests/storage/redis/test_timers.py::test_a_holder_that_knows_another_run_of_the_server_confirms_nothing",),
    ),
    Mutant(
        "watermark-of-the-future",
        "a feed that dies right after it would go on counting as read",
        "lua/confirm_feed.lua",
        "math.min(upto, now)",
        "upto",
        _tests("confirm_feed", "an_earlier_time_is_confirmed_as_such_and_a_later_one_as_now"),
    ),
    Mutant(
        "release-without-owner",
        "a lock that is deleted by key alone: a slow holder releases its successor's",
        "lua/take_ownership.lua",
        _OF_OTHERS,
        f"if tonumber(ARGV[3]) == 0 then redis.call('DEL', KEYS[1]) return {{0, epoch}} end\n{_OF_OTHERS}",
        _tests("take_ownership", "nobody_releases_what_another_process_holds"),
    ),
    Mutant(
        "two-owners",
        "two processes that both believe that they lead",
        "lua/take_ownership.lua",
        _OF_OTHERS,
        "",
        _tests("take_ownership", "the_first_process_takes_it_and_the_others_learn_its_epoch"),
    ),
    Mutant(
        "successor-with-the-same-epoch",
        "a fence that cannot tell the successor from its predecessor",
        "lua/take_ownership.lua",
        "math.max(now, floor, epoch + 1)",
        "math.max(now, floor)",
        _tests("take_ownership", "what_is_released_is_free_at_once_and_its_epoch_is_not_given_twice"),
    ),
    Mutant(
        "gap-passed-over",
        "an update that is still to come would count as seen",
        "lua/record_arrivals.lua",
        "while tonumber(first[run + 1]) == floor + run + 1 do run = run + 1 end",
        "run = #first",
        _tests("record_arrivals", "a_gap_holds_the_floor_until_it_is_closed"),
    ),
)

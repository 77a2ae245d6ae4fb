"""Faults of the statements that carry the engine: begin, claim, report, flush, reap."""

from typing import Final

from bench.questions.mutants.mutant import Mutant

_BEGIN: Final = "storage/postgres/deliveries/begin_episodes.sql"
_CLAIM: Final = "storage/postgres/deliveries/claim_deliveries.sql"
_FACTS: Final = "storage/postgres/deliveries/judge_facts.sql"
_REPORT: Final = "storage/postgres/deliveries/report_outcomes.sql"
_REAP: Final = "storage/postgres/deliveries/reap_deliveries.sql"
_CLOSE: Final = "storage/postgres/close_returned.sql"
_ACTIVITY: Final = "storage/postgres/record_activity.sql"


def _tests(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/storage/postgres/{file}.py::test_{name}" for name in names)


_FORBIDS: Final = _tests("deliveries/test_claim", "a_fact_that_forbids_a_send_is_returned_and_nothing_is_sent")

MUTANTS: Final = (
    Mutant(
        "begin-despite-a-return",
        "Redis forgot a sign of life that PostgreSQL has: a person who is active gets a reminder",
        _BEGIN,
        "AND NOT returned AND NOT doubted",
        "AND NOT doubted",
        _tests("deliveries/test_begin", "a_silence_that_was_broken_does_not_begin"),
    ),
    Mutant(
        "begin-despite-a-doubt",
        "another program took the sign of life",
        _BEGIN,
        "AND NOT returned AND NOT doubted",
        "AND NOT returned",
        _tests("deliveries/test_doubt", "a_silence_begins_only_if_it_is_no_older_than_the_doubt"),
    ),
    Mutant(
        "begin-twice-within-a-second",
        "the same silence, judged a moment apart, would get two sequences",
        _BEGIN,
        "e.episode_id >= w.episode_id / 1000 * 1000",
        "e.episode_id >= w.episode_id",
        _tests("deliveries/test_begin", "a_silence_judged_within_the_same_second_is_the_same"),
    ),
    Mutant(
        "begin-leaves-the-older-open",
        "docket, asynq: what a successor has replaced stays active for ever",
        _BEGIN,
        "IF FOUND THEN",
        "IF false THEN",
        _tests("deliveries/test_begin", "a_new_silence_closes_the_older_one"),
    ),
    Mutant(
        "claim-scheduled-without-version",
        "an outdated poller takes what a newer one has put back",
        _CLAIM,
        "d.version <= j.version AND ",
        "",
        _tests("deliveries/test_claim", "an_older_version_takes_nothing"),
    ),
    Mutant(
        "claim-sending-without-version",
        "Celery: the visibility time-out gives a running task to another worker",
        _CLAIM,
        "d.version < j.version AND ",
        "",
        _tests("deliveries/test_claim", "nobody_else_takes_what_is_being_sent"),
    ),
    Mutant(
        "claim-sends-what-was-marked",
        "at least once: what may have left is sent again",
        _CLAIM,
        "WHEN d.status = 'sending' AND j.marked THEN 'unknown'",
        "WHEN false THEN 'unknown'",
        _tests("deliveries/test_claim", "what_had_passed_is_unknown"),
    ),
    Mutant(
        "claim-before-the-due-of-the-row",
        "a lost settle leaves Redis an old due, and the next block would follow at once",
        _CLAIM,
        "AND due_at <= $14",
        "",
        _tests("deliveries/test_claim", "what_is_not_due_is_not_sent"),
    ),
    Mutant(
        "claim-without-lock",
        "check, then act: a return that is committed between the two is overlooked",
        _CLAIM,
        "FOR UPDATE",
        "",
        _tests("deliveries/test_claim", "a_claim_waits_for_a_flush_and_sees_what_it_did"),
    ),
    Mutant("claim-despite-a-return", "a lost touch in Redis", _FACTS, "AND NOT f.returned ", "", _FORBIDS),
    Mutant("claim-despite-a-payment", "a customer is asked to buy", _FACTS, "AND NOT (f.paid AND $5) ", "", _FORBIDS),
    Mutant("claim-despite-an-opt-out", "against the person's word", _FACTS, "AND NOT f.opted_out ", "", _FORBIDS),
    Mutant("claim-despite-a-block", "Telegram counts refusals", _FACTS, "AND f.reachable\n", "\n", _FORBIDS),
    Mutant(
        "claim-despite-the-emergency-stop",
        "a stop that is asked only where the configuration is read comes a second late",
        _FACTS,
        "AND NOT f.emergency_stop ",
        "",
        _FORBIDS,
    ),
    Mutant(
        "claim-despite-a-stop",
        "the same for a campaign that is stopped or paused",
        _FACTS,
        "fit AND f.campaign_state IN ('live', 'finishing')",
        "fit",
        _FORBIDS,
    ),
    Mutant(
        "report-wish-of-an-old-version",
        "docket: an outdated completion overwrites its successor",
        _REPORT,
        "ELSE d.version = k.version AND d.status IN ('scheduled', 'sending') END",
        "ELSE d.status IN ('scheduled', 'sending') END",
        _tests("deliveries/test_report", "a_wish_is_granted_to_the_holder_only"),
    ),
    Mutant(
        "report-fact-from-the-holder-only",
        "a message that left would stand there as if it had not",
        _REPORT,
        "CASE WHEN k.fact THEN d.status = 'sending'",
        "CASE WHEN k.fact THEN d.version = k.version AND d.status = 'sending'",
        _tests("deliveries/test_report", "a_fact_is_recorded_whoever_reports_it"),
    ),
    Mutant(
        "report-plans-after-the-end",
        "trigger.dev, docket: the end of a run starts what was cancelled meanwhile",
        _REPORT,
        "NOT over AND (status IS NULL OR now_is IS NOT NULL) AS moves",
        "(status IS NULL OR now_is IS NOT NULL) AS moves",
        _tests("deliveries/test_report", "a_send_that_crossed_a_touch_says_so_and_plans_nothing"),
    ),
    Mutant(
        "report-plans-without-the-row",
        "a poller that lost its delivery goes on beside its successor",
        _REPORT,
        "NOT over AND (status IS NULL OR now_is IS NOT NULL) AS moves",
        "NOT over AS moves",
        _tests("deliveries/test_report", "a_poller_that_lost_the_row_neither_plans_nor_ends"),
    ),
    Mutant(
        "report-hides-what-crossed",
        "the one message that may cross must be recorded as such",
        _REPORT,
        "k.status = 'sent' AND coalesce(k.ended IN",
        "false AND coalesce(k.ended IN",
        _tests("deliveries/test_report", "a_send_that_crossed_a_touch_says_so_and_plans_nothing"),
    ),
    Mutant(
        "flush-closes-nothing",
        "Redis alone knows of a return, and may forget it",
        _CLOSE,
        "AND e.returned_at IS NULL",
        "AND false AND e.returned_at IS NULL",
        _tests("test_chats", "a_newer_sign_ends_the_silence_and_cancels_what_was_scheduled"),
    ),
    Mutant(
        "flush-compares-by-the-millisecond",
        "the update on which the silence was judged, written down a moment later, would end it",
        _CLOSE,
        "e.episode_id < w.last_active_ms / 1000 * 1000 OFFSET 0",
        "e.episode_id < w.last_active_ms OFFSET 0",
        _tests("test_chats", "a_sign_of_the_same_second_ends_nothing"),
    ),
    Mutant(
        "flush-cancels-what-may-have-left",
        "a message that left would stand there as cancelled",
        _CLOSE,
        "WHEN 'sending' THEN c.unsent_episode = c.episode_id END",
        "WHEN 'sending' THEN true END",
        _tests("test_chats", "a_send_under_way_is_cancelled_only_if_it_surely_never_left"),
    ),
    Mutant(
        "flush-takes-activity-back",
        "of two receivers the slower one writes last",
        _ACTIVITY,
        "last_active = greatest(chats.last_active, excluded.last_active)",
        "last_active = excluded.last_active",
        _tests("test_chats", "last_activity_never_goes_back_and_names_stay"),
    ),
    Mutant(
        "reap-what-was-claimed-again",
        "BullMQ: a job counts as stalled while another worker has it",
        _REAP,
        " AND d.version = w.version",
        "",
        _tests("deliveries/test_reap", "what_was_claimed_again_meanwhile_is_not_given_up"),
    ),
)

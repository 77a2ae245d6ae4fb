"""Faults of the pure decisions: what is one silence, what an answer means, what follows, how far a feed was read."""

from typing import Final

from bench.questions.mutants.mutant import Mutant

_OUTCOME: Final = "engine/core/delivery/outcome.py"
_SEQUENCE: Final = "engine/core/delivery/sequence.py"
_WATERMARK: Final = "engine/core/watermark.py"


def _tests(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/core/{file}.py::test_{name}" for name in names)


MUTANTS: Final = (
    Mutant(
        "silence-by-the-millisecond",
        "Telegram dates by the second: the same update would end the silence that it began",
        "engine/core/identity.py",
        "seen_ms // SECOND_MS > silent_since_ms // SECOND_MS",
        "seen_ms > silent_since_ms",
        _tests("test_identity", "a_sign_ends_a_silence_when_its_second_is_newer"),
    ),
    Mutant(
        "shard-by-the-hash-of-a-process",
        "Python's hash of a text differs from process to process: two pollers would serve a bot, or none",
        "engine/core/identity.py",
        "crc32(str(bot_id).encode())",
        "hash(str(bot_id))",
        _tests("test_identity", "the_shard_is_the_crc_of_the_decimal_id"),
    ),
    Mutant(
        "untaken-is-sent",
        "a delivery that another poller has claimed would be sent by both",
        "engine/core/delivery/state_machine.py",
        "    if not found.taken:\n        return Rest(Reason.VERSION_CHANGED, None)\n",
        "",
        _tests("delivery/test_state_machine", "each_find_leads_to_its_decision"),
    ),
    Mutant(
        "late-is-sent",
        "after an outage everybody gets yesterday's good morning",
        "engine/core/delivery/gate.py",
        "    if plan.late:\n        return SkipStep(Reason.LATE)\n",
        "",
        _tests("delivery/test_gate", "each_refusal_alone"),
    ),
    Mutant(
        "gateway-error-is-sent-again",
        "the server behind the gateway may have done the work: the message comes twice",
        _OUTCOME,
        "unsure = not text or code in _GATEWAYS or _is_perhaps_done(text)",
        "unsure = not text",
        _tests("delivery/test_outcome", "a_refusal_means"),
    ),
    Mutant(
        "unreadable-answer-is-sent-again",
        "a 200 that was cut off on the way: the message comes twice",
        _OUTCOME,
        'return Unknown(f"unreadable answer, HTTP {status}")',
        "return not_sent(attempts)",
        ("tests/telegram/test_wire.py::test_every_answer_is_a_value",),
    ),
    Mutant(
        "quoted-words-are-believed",
        "a text of an admin in Telegram's refusal would make people unreachable",
        _OUTCOME,
        "_GONE.fullmatch(text)",
        "_GONE.search(text)",
        _tests("delivery/test_outcome", "what_a_refusal_quotes_does_not_change_what_it_means"),
    ),
    Mutant(
        "step-comes-twice",
        "after a reordering a step that was sent lies ahead again",
        _SEQUENCE,
        "newest.steps[last + 1 :] if step.key not in runs]",
        "newest.steps[last + 1 :]]",
        _tests("delivery/test_sequence", "after_a_reordering_never_the_same_step_twice"),
    ),
    Mutant(
        "sequence-goes-backwards",
        "a step that was inserted before this one would be sent late",
        _SEQUENCE,
        "newest.steps[last + 1 :] if",
        "newest.steps if",
        _tests("delivery/test_sequence", "after_a_reordering_never_backwards"),
    ),
    Mutant(
        "begun-step-follows-the-edit",
        "half of the old message and half of the new one",
        _SEQUENCE,
        "step = find_step(pinned, cursor.step)",
        "step = find_step(newest, cursor.step)",
        _tests("delivery/test_sequence", "a_begun_step_finishes_as_it_began"),
    ),
    Mutant(
        "successor-adds-its-burst",
        "a full bucket at each start: each restart sends faster than Telegram allows",
        "engine/core/delivery/rate_limit.py",
        "        self._tokens = 0.0\n",
        "        self._tokens = room(rate)\n",
        _tests("delivery/test_rate_limit", "it_starts_empty"),
    ),
    Mutant(
        "poll-confirms-what-it-waited",
        "an answer that was long on its way, or a process that stood still, has seen nothing of that time",
        _WATERMARK,
        "if in_vain and waited_s >= timeout_s else began_ms",
        "if in_vain and waited_s >= timeout_s else began_ms + int(waited_s * 1000)",
        _tests("test_watermark", "an_empty_answer_that_came_too_early_is_not_believed"),
    ),
    Mutant(
        "early-answer-confirms-the-time-out",
        "an empty answer before its time has not waited",
        _WATERMARK,
        "if in_vain and waited_s >= timeout_s else began_ms",
        "if in_vain else began_ms",
        _tests("test_watermark", "an_empty_answer_that_came_too_early_is_not_believed"),
    ),
    Mutant(
        "updates-beyond-a-gap-prove",
        "one chat's update waits at Telegram while a thousand others come",
        _WATERMARK,
        "now.floor >= before.given_out",
        "now.floor + now.beyond >= before.given_out",
        _tests("test_watermark", "those_that_came_beyond_a_gap_prove_nothing"),
    ),
    Mutant(
        "look-confirms-its-own-time",
        "what Telegram got while it answered is not in the answer",
        _WATERMARK,
        "return before.at_ms if now.pending == 0",
        "return now.at_ms if now.pending == 0",
        _tests("test_watermark", "nothing_pending_confirms_the_time_of_the_look_before"),
    ),
)

"""A watched poller notes a message from the committed claim to the answer."""

from pathlib import Path

from bench.harness.observations import Observed, read, write
from bench.harness.watched_poller import Notes


def test_a_message_is_noted_at_its_claim_and_at_its_answer() -> None:
    notes = Notes()
    notes.claimed(7, 1, 5_000)
    notes.claimed(7, 2, 6_000)
    notes.answered(7, 1)
    answered, waiting = notes.observed
    assert (answered.chat_id, answered.due_ms, waiting.chat_id) == (1, 5_000, 2)
    assert answered.answered_us >= answered.claimed_us > 0
    assert waiting.answered_us == 0


def test_what_was_seen_comes_back_from_its_file(tmp_path: Path) -> None:
    observed = [Observed(7, 1, 5_000, 5_002_500, 5_010_000), Observed(7, 2, 6_000, 6_001_000)]
    write(tmp_path / "seen", observed)
    assert read(tmp_path / "seen") == observed
    assert (observed[0].claim_ms, observed[0].answer_ms) == (2.5, 10.0)

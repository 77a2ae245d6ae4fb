"""When the outcome of media-memory holds, and when it does not."""

import pytest

from bench.questions.media_memory.report import MOST_MIB, Outcome

GOOD = Outcome(2, 100, 400, 400, 4, 4, 200.0, 231.9)


def test_it_holds_if_everything_is_sent_and_uploaded_once_with_little_memory() -> None:
    assert GOOD.holds
    assert GOOD.as_json()["cache_hits"] == 396
    assert "does not depend on the files" in GOOD.as_table()


@pytest.mark.parametrize(
    "outcome",
    [
        GOOD._replace(sent=399),
        GOOD._replace(uploads=5),
        GOOD._replace(uploads=3),
        GOOD._replace(peak_mib=GOOD.before_mib + MOST_MIB),
    ],
)
def test_it_does_not_hold_otherwise(outcome: Outcome) -> None:
    assert not outcome.holds
    assert outcome.as_json()["holds"] is False
    assert "NOT" in outcome.as_table()

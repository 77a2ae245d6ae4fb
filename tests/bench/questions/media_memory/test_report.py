"""When the question about memory says that all is well, and when not."""

import pytest

from bench.questions.media_memory.report import MOST_MIB, Outcome

GOOD = Outcome(2, 100, 400, 400, 4, 4, 200.0, 231.9)


def test_all_sent_once_uploaded_and_little_memory_is_well() -> None:
    assert GOOD.holds
    assert GOOD.as_json()["cache_hits"] == 396
    assert "does not follow the files" in GOOD.as_table()


@pytest.mark.parametrize(
    "outcome",
    [
        GOOD._replace(sent=399),
        GOOD._replace(uploads=5),
        GOOD._replace(uploads=3),
        GOOD._replace(peak_mib=GOOD.before_mib + MOST_MIB),
    ],
)
def test_anything_else_is_not(outcome: Outcome) -> None:
    assert not outcome.holds
    assert outcome.as_json()["holds"] is False
    assert "NOT" in outcome.as_table()

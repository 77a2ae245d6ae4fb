"""How the verdict on a flush is shown, and what breaks it."""

from typing import Any

import pytest

from bench.questions.flush.judge import Verdict
from bench.questions.flush.report import MOST_S, Outcome

CLEAN = Verdict(
    due=400,
    nudged=400,
    duplicates=0,
    lost=0,
    wrong_nudges=0,
    crossed=3,
    armed=49_600,
    armed_early=0,
    armed_late=0,
    firing_ms={7: 9_000, 8: 12_500},
)
GOOD = Outcome(50_000, 5_000, 2, 11.04, CLEAN)


def test_the_json_has_the_figures_by_their_names() -> None:
    figures = GOOD.as_json()
    assert (figures["chats"], figures["wrote"], figures["lost"], figures["wrong_nudges"]) == (50_000, 5_000, 0, 0)
    assert (figures["seconds_until_whole"], figures["seconds_until_firing"]) == (11.0, 12.5)
    assert figures["holds"] is True


@pytest.mark.parametrize("name", ["lost", "duplicates", "wrong_nudges", "armed_early", "armed_late"])
def test_each_thing_that_must_not_happen_breaks_it(name: str) -> None:
    once: dict[str, Any] = {name: 1}
    assert not GOOD._replace(verdict=CLEAN._replace(**once)).holds


def test_every_bot_must_fire_again_in_time() -> None:
    assert GOOD._replace(verdict=CLEAN._replace(firing_ms={7: 9_000, 8: int(MOST_S * 1000)})).holds
    assert not GOOD._replace(verdict=CLEAN._replace(firing_ms={7: 9_000, 8: int(MOST_S * 1000) + 1})).holds
    silent = GOOD._replace(bots=3)
    assert not silent.holds
    assert silent.as_json()["seconds_until_firing"] is None
    assert "after never" in silent.as_table()


def test_the_table_has_every_figure() -> None:
    table = GOOD.as_table()
    assert table.endswith("Nothing was lost.")
    for name in ("chats", "wrote", *(name for name in CLEAN._asdict() if name != "firing_ms")):
        assert f"\n{name} " in f"\n{table}", name

"""How a verdict is told."""

from bench.first_light.judge import Spread, Verdict
from bench.first_light.report import Outcome

CLEAN = Verdict(
    chats=10,
    episodes=13,
    sent=31,
    expected=30,
    optional=1,
    duplicates=0,
    lost=0,
    crossed=2,
    sent_after_reply=0,
    sent_to_paid=0,
    early=0,
    unknown=0,
    broken_off=0,
    lateness_ms=Spread(10, 20, 30),
)


def test_machines_get_every_figure_by_its_name() -> None:
    told = Outcome(CLEAN, None).as_json()
    assert (told["chats"], told["crossed"], told["optional"]) == (10, 2, 1)
    assert told["lateness_ms"] == {"p50": 10, "p99": 20, "max": 30}
    assert "recovery_s" not in told


def test_a_kill_adds_how_long_the_chats_waited_in_seconds() -> None:
    assert Outcome(CLEAN, [1_000, 3_000]).as_json()["recovery_s"] == {"p50": 1.0, "p99": 3.0, "max": 3.0}


def test_only_after_a_kill_may_something_be_in_doubt() -> None:
    doubtful = CLEAN._replace(unknown=1)
    assert not Outcome(doubtful, None).holds
    assert Outcome(doubtful, []).holds


def test_the_table_says_whether_the_promises_were_kept() -> None:
    assert Outcome(CLEAN, None).as_table().endswith("All promises were kept.")
    assert "BROKEN" in Outcome(CLEAN._replace(lost=1), None).as_table()


def test_the_table_tells_of_every_figure() -> None:
    table = Outcome(CLEAN, [1_000]).as_table()
    names = [name for name in CLEAN._asdict() if name != "lateness_ms"]
    assert all(f"\n{name} " in f"\n{table}" for name in (*names, "lateness", "recovery"))

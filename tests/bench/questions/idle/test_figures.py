"""The figures of idle, from readings made by hand."""

import os
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.harness import process_usage
from bench.harness.process_usage import Use
from bench.questions.idle.figures import Figures, Moved, Reading, changed, figures
from bench.questions.idle.report import Outcome
from bench.questions.idle.traffic import Traffic, scripts
from bench.sandbox.protocol import Row

MIB = 2**20
POLLER, RECEIVER, STRANGER = 40_001, 40_002, 40_003
BEFORE = Reading(1_000, {"poller-0-0": Use(1.0, MIB), "valkey": Use(5.0, MIB)}, {POLLER: "poller-0-0"}, 100)
AFTER = Reading(11_000, {"poller-0-0": Use(1.5, 3 * MIB), "valkey": Use(5.1, 2 * MIB)}, {RECEIVER: "receiver-0"}, 120)
CHATS = {(7, "1"): "10", (7, "2"): "11"}


def seen(command: str, port: int, kind: str = "tcp") -> dict[str, str]:
    return {"client_type": kind, "client_port": str(port) if kind == "tcp" else "", "command": command}


def measured(*rows: Row) -> Figures:
    traffic = Traffic({"abc": "claim_due"})
    for command, port in (("EVALSHA abc 3 a b c", POLLER), ("get x", POLLER), ("PING", RECEIVER), ("GET x", STRANGER)):
        for _ in range(10):
            traffic.note(seen(command, port))
    for _ in range(50):
        traffic.note(seen("HGET a b", 0, "lua"))
    return figures(BEFORE, AFTER, traffic, rows, changed(CHATS, CHATS))


def test_commands_are_counted_by_process_and_by_name() -> None:
    found = measured()
    assert found.redis_by_process == {"poller-0-0": 2, "receiver-0": 1, "others": 1}
    assert found.redis_by_command == {"get": 2, "claim_due": 1, "ping": 1}


def test_the_commands_of_a_script_are_counted_separately() -> None:
    assert (measured().redis_commands, measured().redis_inside_scripts) == (4, 5)


def test_transactions_and_cpu_are_rates_as_well() -> None:
    found = measured()
    assert (found.seconds, found.transactions) == (10, 2)
    assert found.cpu == pytest.approx({"poller-0-0": 0.05, "valkey": 0.01})
    assert found.rss_mib == {"poller-0-0": 3, "valkey": 2}


def test_only_requests_within_the_measured_time_count() -> None:
    rows = [Row(place, 7, "getUpdates", moment) for place, moment in enumerate((999, 1_000, 10_999, 11_000))]
    assert measured(*rows).requests == {"getUpdates": 0.2}


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (CHATS, Moved(2, 0)),
        (CHATS | {(7, "2"): "12"}, Moved(2, 1)),
        ({(7, "1"): "10"}, Moved(1, 1)),
        (CHATS | {(8, "1"): "10"}, Moved(3, 0)),
    ],
    ids=["still", "another version", "gone", "a new one"],
)
def test_a_chat_has_moved_when_its_version_has_changed(now: dict[tuple[int, str], str], moved: Moved) -> None:
    assert changed(CHATS, now) == moved


@pytest.mark.parametrize(
    "wrong", [{"armed": 3}, {"claimed": 1}, {"sent": 1}, {"redis_by_command": {"claim_due": 0.23}}]
)
def test_a_chat_that_moves_or_is_looked_at_too_often_breaks_the_promise(wrong: dict[str, Any]) -> None:
    still = Figures(**measured()._asdict() | {"armed": 2, "redis_by_command": {"claim_due": 0.2}})
    assert Outcome(1, 2, 1, still).holds
    assert not Outcome(1, 2, 1, Figures(**still._asdict() | wrong)).holds


def test_a_message_within_the_measured_time_is_counted() -> None:
    assert measured(Row(1, 7, "sendMessage", 5_000)).sent == 1


def test_the_json_has_every_figure_and_the_table_a_line_for_each() -> None:
    outcome = Outcome(5, 2, 1, measured(Row(1, 7, "getUpdates", 5_000)))
    as_json = outcome.as_json()
    assert {"bots", "chats", "shards", "holds", *Figures._fields} == as_json.keys()
    table = outcome.as_table()
    for name in (
        "Redis commands",
        "  claim_due",
        "  poller-0-0",
        "PostgreSQL",
        "Bot API getUpdates",
        "valkey",
        "claimed",
    ):
        assert f"\n{name} " in table, name
    assert table.endswith("Everything stayed at rest.")


def test_a_script_is_recognised_by_the_hash_of_its_file() -> None:
    assert set(scripts().values()) == {path.stem for path in Path("lua").glob("*.lua")}


def test_a_process_is_measured_with_its_children() -> None:
    ours = psutil.Process()
    found = process_usage.use(ours)
    assert found.cpu_s > 0
    assert found.rss >= ours.memory_info().rss / 2


def test_a_connection_is_recognised_by_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert process_usage.ports({"us": psutil.Process(os.getpid())})[client.getsockname()[1]] == "us"

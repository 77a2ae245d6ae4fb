"""The command line of the bench: its questions, and how it refuses a wrong one."""

import pytest

from bench.__main__ import main


def test_without_arguments_it_lists_its_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == [
        "attack",
        "backup",
        "burst",
        "chaos",
        "exactly-once",
        "fairness",
        "faults",
        "fire",
        "flush",
        "idle",
        "ingest",
        "lateness",
        "manager-latency",
        "media-memory",
        "memory",
        "message-kinds",
        "model",
        "mutants",
        "peers",
        "sandbox-speed",
        "scale",
        "send",
        "simulate",
        "touch",
    ]


def test_an_unknown_question_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["at-least-once"]) == 2
    assert "exactly-once" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["exactly-once", "--chats", "0"],
        ["exactly-once", "--bots", "11"],
        ["exactly-once", "--shards", "many"],
        ["idle", "--seconds", "0"],
    ],
)
def test_a_number_out_of_range_is_refused_before_anything_starts(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "give a whole number from 1 to" in capsys.readouterr().err

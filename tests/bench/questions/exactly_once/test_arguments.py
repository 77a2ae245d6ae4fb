"""The arguments of exactly-once, and which of them make no sense."""

import pytest

from bench.questions.exactly_once.question import QUESTION


def test_the_default_is_three_bots_and_one_shard() -> None:
    given = QUESTION.read([])
    assert (given.bots, given.chats, given.shards, given.standbys, given.reshard) == (3, 200, 1, 0, None)


@pytest.mark.parametrize(
    ("words", "bots"),
    [
        (["--shards", "2"], 3),
        (["--shards", "5"], 5),
        (["--shards", "3", "--reshard", "3:7"], 7),
        (["--shards", "8", "--bots", "2"], 2),
    ],
)
def test_there_are_enough_bots_for_the_shards_unless_their_number_is_given(words: list[str], bots: int) -> None:
    assert QUESTION.read(words).bots == bots


def test_the_disturbances_combine() -> None:
    words = ["--shards", "3", "--reshard", "3:2", "--kill-poller", "--freeze-poller", "--webhook", "--standbys", "2"]
    given = QUESTION.read(words)
    assert (given.reshard, given.kill_poller, given.freeze_poller, given.webhook) == (2, True, True, True)


def test_a_second_reader_cannot_poll_beside_a_webhook(capsys: pytest.CaptureFixture[str]) -> None:
    assert QUESTION.read(["--second-reader", "--kill-poller"]).second_reader
    with pytest.raises(SystemExit, match="2"):
        QUESTION.read(["--second-reader", "--webhook"])
    assert "--second-reader polls" in capsys.readouterr().err


def test_the_receiver_that_is_killed_is_the_only_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert QUESTION.read(["--kill-receiver", "--kill-poller"]).kill_receiver
    with pytest.raises(SystemExit, match="2"):
        QUESTION.read(["--kill-receiver", "--webhook"])
    assert "--kill-receiver leaves nobody" in capsys.readouterr().err


def test_a_reshard_from_another_number_of_shards_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        QUESTION.read(["--shards", "2", "--reshard", "3:5"])
    assert "begins at 3, but --shards is 2" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--reshard", "3"], ["--reshard", "0:3"], ["--reshard", "1:9"], ["--standbys", "3"]])
def test_arguments_that_make_no_sense_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        QUESTION.read(words)
    assert "argument --" in capsys.readouterr().err
